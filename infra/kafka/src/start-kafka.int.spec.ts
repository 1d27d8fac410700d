import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaAvailability } from './availability.js';
import { startKafka } from './start-kafka.js';

const kafka = await kafkaAvailability();
if (!kafka.available) process.stderr.write(`skipped: Kafka can't run here, since ${kafka.why}\n`);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-kafka-'));
});

afterAll(() => rm(folder, { recursive: true }));

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

(kafka.available ? describe : describe.skip)('startKafka', () => {
  it('starts, stops, and starts again on the same log', async () => {
    const options = { dataDir: join(folder, 'kafka'), logFile: join(folder, 'kafka.log') };
    const first = await startKafka(options);
    expect(first.brokers).toMatch(/^127\.0\.0\.1:\d+$/);
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);

    const second = await startKafka(options);
    expect(isAlive(second.pid)).toBe(true);
    await second.stop();
    expect(isAlive(second.pid)).toBe(false);
  }, 180_000);
});
