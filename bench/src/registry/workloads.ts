import { percentile } from '../statistics.js';
import { type Connection, openConnection, requestOf } from './socket-client.js';

export interface Figures {
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Load {
  readonly inFlight: number;
  readonly seconds: number;
}

export const serviceName = 'bench';
const instanceIds = Array.from({ length: 50 }, (_, at) => `${serviceName}-${String(at)}`);

/** Registers so many instances, all passing. */
export async function registerInstances(url: URL, count: number, name = serviceName): Promise<void> {
  const connections = await openAll(url, 32);
  let at = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (at < count) {
        await expectOk(connection, registration(url, { name, id: `${name}-${String(at++)}` }));
      }
    }),
  );
  closeAll(connections);
}

/** Registrations that each change something, so that each is a write to the disk. */
export function measureWrites(url: URL, load: Load): Promise<Figures> {
  return measure(url, load, (round, lane) =>
    registration(url, { name: 'churn', id: `churn-${String(lane)}`, note: String(round) }),
  );
}

/** Beats of TTL checks, with a note that stays the same. */
export function measureBeats(url: URL, load: Load): Promise<Figures> {
  const beats = instanceIds.map((id) => requestOf('PUT', new URL(`/v1/agent/check/pass/service:${id}`, url)));
  return measure(url, load, (round, lane) => pick(beats, round + lane));
}

/** The question that every client asks: the passing ones of fifty instances. */
export function measureReads(url: URL, load: Load): Promise<Figures> {
  const read = requestOf('GET', new URL(`/v1/health/service/${serviceName}?passing`, url));
  return measure(url, load, () => read);
}

async function measure(
  url: URL,
  { inFlight, seconds }: Load,
  requestAt: (round: number, lane: number) => Buffer,
): Promise<Figures> {
  const connections = await openAll(url, inFlight);
  const tookMs: number[] = [];
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  await Promise.all(
    connections.map(async (connection, lane) => {
      for (let round = 0, at = performance.now(); at < until; round += 1) {
        await expectOk(connection, requestAt(round, lane));
        const now = performance.now();
        tookMs.push(now - at);
        at = now;
      }
    }),
  );
  const opsPerSecond = (tookMs.length * 1000) / (performance.now() - startedAt);
  closeAll(connections);
  return { opsPerSecond, p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99) };
}

function registration(url: URL, instance: { name: string; id: string; note?: string }): Buffer {
  const { name, id, note = '' } = instance;
  const body = {
    ID: id,
    Name: name,
    Address: '10.0.0.1',
    Port: 8080,
    Tags: ['v1'],
    Meta: { instance: id, zone: 'a', note },
    Check: { CheckID: `service:${id}`, TTL: '600s', Status: 'passing' },
  };
  return requestOf('PUT', new URL('/v1/agent/service/register', url), JSON.stringify(body));
}

function pick<T>(items: readonly T[], at: number): T {
  const item = items[at % items.length];
  if (item === undefined) throw new RangeError('There is nothing to pick from.');
  return item;
}

export function openAll(url: URL, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => openConnection(url)));
}

export function closeAll(connections: readonly Connection[]): void {
  for (const connection of connections) connection.close();
}

export async function expectOk(connection: Connection, request: Buffer): Promise<number> {
  const { status, index } = await connection.ask(request);
  if (status !== 200) {
    throw new Error(`${request.subarray(0, 80).toString().split('\r\n')[0] ?? ''}: HTTP ${String(status)}`);
  }
  return index;
}
