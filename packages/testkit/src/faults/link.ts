import { EventEmitter, once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * What a link does to the bytes on it. `cut`: connections are reset and new ones too. `silent`: nothing passes and
 * nobody is told. `deaf`: only answers pass; `mute`: only questions. `slow`: each piece takes its time. `lossy`: some
 * pieces come late, as what TCP sends again does.
 */
export type LinkState = 'well' | 'cut' | 'silent' | 'deaf' | 'mute' | 'slow' | 'lossy';

/** A TCP proxy in front of one address, which can do to its connections what networks do. */
export interface Link {
  /** Where it listens. */
  readonly port: number;
  set(state: LinkState): void;
  /** Resets the connections that are open now; new ones are taken. */
  reset(): void;
  close(): Promise<void>;
}

type Direction = 'question' | 'answer';

const slowMs = 150;
const lateMs = 250;
const lossRate = 0.05;
const stalled: Readonly<Record<Direction, readonly LinkState[]>> = {
  question: ['silent', 'deaf'],
  answer: ['silent', 'mute'],
};

/**
 * @param to where it leads; `same`: to the port of its own number, on another address of this machine
 * @param random in [0, 1), decides which pieces are late
 * @param at where it listens; any free port of 127.0.0.1 unless said
 */
export async function openLink(
  to: { host: string; port: number | 'same' },
  random: () => number,
  at: { host: string; port: number } = { host: '127.0.0.1', port: 0 },
): Promise<Link> {
  const sockets = new Set<Socket>();
  const changes = new EventEmitter().setMaxListeners(0);
  let state: LinkState = 'well';

  const ownPort = (): number => (server.address() as AddressInfo).port;
  const farPort = (): number => (to.port === 'same' ? ownPort() : to.port);
  const passes = async (direction: Direction, signal: AbortSignal): Promise<void> => {
    while (stalled[direction].includes(state)) await once(changes, 'change', { signal });
    if (state === 'slow') await delay(slowMs, undefined, { signal });
    if (state === 'lossy' && random() < lossRate) await delay(lateMs, undefined, { signal });
  };
  const held = (direction: Direction, signal: AbortSignal) =>
    new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        if (state === 'well') done(null, piece);
        else
          passes(direction, signal).then(() => {
            done(null, piece);
          }, done);
      },
    });
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    if (state === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: to.host, port: farPort(), allowHalfOpen: true, noDelay: true });
    const over = new AbortController();
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        over.abort();
      });
    }
    Promise.all([
      pipeline(near, held('question', over.signal), far),
      pipeline(far, held('answer', over.signal), near),
    ]).catch(() => {
      near.resetAndDestroy();
      far.resetAndDestroy();
    });
  });
  server.listen(at.port, at.host);
  await once(server, 'listening');
  return {
    port: ownPort(),
    set: (next) => {
      state = next;
      changes.emit('change');
      if (next === 'cut') reset();
    },
    reset,
    close: async () => {
      server.close();
      reset();
      await once(server, 'close');
    },
  };
}
