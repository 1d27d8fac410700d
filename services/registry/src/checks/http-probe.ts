import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { HttpProbe, Status } from '../domain/shapes.js';
import type { AddressGuard } from './address-guard.js';
import type { Outcome } from './probe.js';

const MAX_OUTPUT_BYTES = 4 * 1024;

/** 2xx is passing, 429 a warning, the rest critical; redirects aren't followed, so they are critical too. */
export async function probeHttp(probe: HttpProbe, guard: AddressGuard): Promise<Outcome> {
  const url = new URL(probe.url);
  // node:http asks `lookup` for names only: a literal address is judged here.
  await guard.resolve(url.hostname);
  const signal = AbortSignal.timeout(probe.timeoutMs);
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const options = {
      method: probe.method,
      headers: { accept: 'text/plain, text/*, */*', 'user-agent': 'Consul Health Check', ...probe.headers },
      lookup: guard.lookup,
      rejectUnauthorized: !probe.tlsSkipVerify,
      agent: false as const,
      signal,
    };
    const request = send(url, options, (response) => {
      readStart(response).then((body) => {
        resolve(outcomeOf(probe, response, body));
      }, reject);
    });
    request.on('error', (error) => {
      reject(signal.aborted ? new Error(`timed out after ${probe.timeoutMs} ms`) : error);
    });
    request.end(probe.body);
  });
}

async function readStart(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= MAX_OUTPUT_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_OUTPUT_BYTES).toString();
}

function outcomeOf(probe: HttpProbe, response: IncomingMessage, body: string): Outcome {
  const code = response.statusCode ?? 0;
  const output = `HTTP ${probe.method} ${probe.url}: ${code} ${response.statusMessage ?? ''} Output: ${body}`;
  return { status: statusOf(code), output };
}

function statusOf(code: number): Status {
  if (code >= 200 && code <= 299) return 'passing';
  return code === 429 ? 'warning' : 'critical';
}
