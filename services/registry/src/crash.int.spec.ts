import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { bundleRegistry, killRegistry, launchRegistry } from './testing/bundled-registry.js';
import { freePort } from './testing/free-port.js';
import { createRandom, testSeed } from './testing/random.js';
import type { RegistryClient } from './testing/start-registry.js';

const ROUNDS = 50;
const WRITES = 1_000;
const WRITERS = 32;
/** Small, so that the registry is also killed while it writes snapshots. */
const COMPACT_BYTES = 30_000;

let folder: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-crash-'));
});
afterEach(async () => {
  if (child !== undefined) await killRegistry(child);
  await rm(folder, { recursive: true, force: true });
});

/** Of one writer, who writes one number after another: the last that was acknowledged, and the last that was sent. */
interface Written {
  acknowledged: number;
  sent: number;
}

function put(agent: Agent, url: string, body: string): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(url, { method: 'PUT', agent }, (response) => {
      response.resume().once('end', () => {
        resolve(response.statusCode === 200);
      });
      response.once('error', () => {
        resolve(false);
      });
    });
    sent.once('error', () => {
      resolve(false);
    });
    sent.end(body);
  });
}

/** Even writers keep a key, odd ones a service. */
const write = (agent: Agent, url: string, writer: number, value: number) =>
  writer % 2 === 0
    ? put(agent, `${url}/v1/kv/w${writer}`, String(value))
    : put(
        agent,
        `${url}/v1/agent/service/register`,
        JSON.stringify({ Name: `w${writer}`, Meta: { value: String(value) }, Check: { TTL: '60s' } }),
      );

async function valuesIn(api: RegistryClient): Promise<number[]> {
  const services = (await api.get('/v1/agent/services')).json as Record<string, { Meta: { value: string } }>;
  const keys = ((await api.get('/v1/kv/w?recurse')).json ?? []) as { Key: string; Value: string }[];
  const byKey = new Map(keys.map(({ Key, Value }) => [Key, Number(Buffer.from(Value, 'base64').toString())]));
  return Array.from({ length: WRITERS }, (_, writer) =>
    writer % 2 === 0 ? (byKey.get(`w${writer}`) ?? 0) : Number(services[`w${writer}`]?.Meta.value ?? 0),
  );
}

it(`loses no acknowledged write to ${ROUNDS} kills at random moments of ${WRITES} writes`, async () => {
  const random = createRandom(testSeed('crash'));
  const main = await bundleRegistry(folder);
  const data = join(folder, 'data');
  const port = await freePort();
  const written: Written[] = Array.from({ length: WRITERS }, () => ({ acknowledged: 0, sent: 0 }));
  let total = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const launched = await launchRegistry(main, port, {
      REGISTRY_DATA_DIR: data,
      REGISTRY_COMPACT_BYTES: String(COMPACT_BYTES),
    });
    child = launched.child;
    const found = await valuesIn(launched.api);
    written.forEach((one, writer) => {
      const value = found[writer] ?? 0;
      const isKept = value >= one.acknowledged && value <= one.sent;
      expect({ round, writer, value, ...one, isKept }).toMatchObject({ isKept: true });
      one.acknowledged = one.sent = value;
    });
    if (round === ROUNDS) break;
    const killAt = Math.floor(random() * WRITES);
    let begun = 0;
    let acknowledged = 0;
    const agent = new Agent({ keepAlive: true, maxSockets: WRITERS });
    const writers = written.map(async (one, writer) => {
      while (begun < WRITES) {
        begun += 1;
        one.sent += 1;
        const value = one.sent;
        if (!(await write(agent, launched.api.url, writer, value))) return;
        one.acknowledged = value;
        acknowledged += 1;
        if (acknowledged === killAt) launched.child.kill('SIGKILL');
      }
    });
    await Promise.all(writers);
    await killRegistry(launched.child);
    agent.destroy();
    total += acknowledged;
  }
  expect(total).toBeGreaterThan((ROUNDS * WRITES) / 10);
  expect((await readdir(data)).filter((name) => name.startsWith('snapshot'))).toContain('snapshot');
}, 300_000);
