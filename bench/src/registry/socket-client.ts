import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What a benchmark reads of an answer. */
export interface Answer {
  readonly status: number;
  readonly index: number;
}

/** One connection that carries one request after another; bodies are counted and thrown away. */
export interface Connection {
  ask(request: Buffer): Promise<Answer>;
  close(): void;
}

/** A request as it goes over the wire, made once for all its repetitions. */
export function requestOf(method: string, url: URL, body = ''): Buffer {
  const head = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    '',
    body,
  ];
  return Buffer.from(head.join('\r\n'));
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** Answers must have a Content-Length, or come in chunks; both Consul and our registry send either. */
export async function openConnection(url: URL): Promise<Connection> {
  const socket = connect(Number(url.port), url.hostname);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  let waiting: { resolve: (answer: Answer) => void; reject: (cause: Error) => void } | undefined;
  const reader = createReader((answer) => {
    const { resolve } = waiting ?? {};
    waiting = undefined;
    resolve?.(answer);
  });
  socket.on('data', reader);
  const fail = (cause: Error) => {
    waiting?.reject(cause);
    waiting = undefined;
  };
  socket.on('error', fail).on('close', () => {
    fail(new Error('the connection was closed'));
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => {
      destroy(socket);
    },
  };
}

function destroy(socket: Socket): void {
  socket.removeAllListeners('close').destroy();
}

function createReader(done: (answer: Answer) => void): (chunk: Buffer) => void {
  let head: Buffer = Buffer.alloc(0);
  let answer: Answer | undefined;
  let left = 0;
  let chunked = false;
  let tail = '';
  const end = () => {
    const complete = answer;
    [head, answer, left, tail] = [Buffer.alloc(0), undefined, 0, ''];
    if (complete) done(complete);
  };
  const body = (bytes: Buffer) => {
    if (chunked) {
      tail = (tail + bytes.subarray(-8).toString('latin1')).slice(-8);
      if (tail.endsWith('0\r\n\r\n')) end();
      return;
    }
    left -= bytes.length;
    if (left <= 0) end();
  };
  return (chunk) => {
    if (answer) {
      body(chunk);
      return;
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const at = head.indexOf(HEAD_END);
    if (at < 0) return;
    const text = head.subarray(0, at).toString('latin1').toLowerCase();
    const field = (name: string) => new RegExp(`\\r\\n${name}: *([^\\r]*)`).exec(text)?.[1];
    answer = { status: Number(text.slice(9, 12)), index: Number(field('x-consul-index') ?? 0) };
    left = Number(field('content-length') ?? 0);
    chunked = field('transfer-encoding') === 'chunked';
    body(head.subarray(at + HEAD_END.length));
  };
}
