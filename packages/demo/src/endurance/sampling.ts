import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { usageOf } from '@souk/bench';
import type { RunningSystem } from '@souk/local';
import { openDatabases } from '../verify/databases.js';
import { verifierUrls } from '../verify/verifier-urls.js';
import type { Ground } from './ground.js';
import { pause } from './pace.js';
import type { Point } from './trend.js';

export interface Sample {
  /** Since the first one began. */
  readonly atS: number;
  /** By instance; what the machine does not tell is left out. */
  readonly rssMiB: Readonly<Record<string, number>>;
  readonly descriptors: Readonly<Record<string, number>>;
  /** Events that the slowest consumer of each topic is behind, in all; undefined when nobody could say. */
  readonly lag: number | undefined;
  /** Outbox rows that are not published yet, of all services. */
  readonly unpublished: number;
}

export interface Sampling {
  readonly samples: readonly Sample[];
  /** One more, now. */
  sample(): Promise<Sample>;
  stop(): Promise<void>;
}

const everyS = 10;
const drainsWithinS = 60;
const lookEveryMs = 250;
const ours = new Set(['registry', 'payment-provider', 'service', 'gateway']);

/** Takes a sample of every process of ours and of what waits between them, every 10 s. */
export function startSampling(
  ground: Ground,
  onSample: (sample: Sample) => void = () => undefined,
): Sampling {
  const { system, crowd } = ground;
  const databases = openDatabases(verifierUrls(system));
  const stopping = new AbortController();
  const startedAt = performance.now();
  const samples: Sample[] = [];

  const sample = async (): Promise<Sample> => {
    const atS = Math.round((performance.now() - startedAt) / 100) / 10;
    const counts = await Promise.all(
      databases.services.map((service) =>
        databases.rows<{ count: number }>(
          service,
          'select count(*)::int as count from outbox where sent_at is null',
        ),
      ),
    );
    const unpublished = counts.flat().reduce((sum, { count }) => sum + count, 0);
    const taken = { atS, ...usageByInstance(system), lag: await lagOf(ground), unpublished };
    samples.push(taken);
    return taken;
  };
  const sampling = (async () => {
    while (!stopping.signal.aborted) {
      await sample().then(onSample, (error: unknown) => {
        crowd.asks.fail(`sample: ${String(error)}`);
      });
      await pause(everyS, stopping.signal);
    }
  })();
  return {
    samples,
    sample,
    stop: async () => {
      stopping.abort();
      await sampling;
      await databases.close();
    },
  };
}

/** Waits until nothing waits any more. @returns the seconds that it took; undefined when it did not within a minute */
export async function untilDrained(sampling: Sampling): Promise<number | undefined> {
  const startedAt = performance.now();
  const elapsedS = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
  while (elapsedS() < drainsWithinS) {
    const { lag, unpublished } = await sampling.sample();
    if (lag === 0 && unpublished === 0) return elapsedS();
    await delay(lookEveryMs);
  }
  return undefined;
}

/** The points of one figure by instance, from a time on. */
export function pointsOf(
  samples: readonly Sample[],
  figure: 'rssMiB' | 'descriptors',
  fromS: number,
): Record<string, Point[]> {
  const points: Record<string, Point[]> = {};
  for (const { atS, [figure]: values } of samples.filter((sample) => sample.atS >= fromS))
    for (const [instance, value] of Object.entries(values)) (points[instance] ??= []).push({ atS, value });
  return points;
}

function usageByInstance(system: RunningSystem): Pick<Sample, 'rssMiB' | 'descriptors'> {
  const running = system.processes.filter(({ kind, pid }) => ours.has(kind) && pid !== undefined);
  const known = (of: (pid: number | undefined) => number | undefined) =>
    Object.fromEntries(
      running.flatMap(({ instance, pid }) => {
        const value = of(pid);
        return value === undefined ? [] : [[instance, value]];
      }),
    );
  return {
    rssMiB: known((pid) => Math.round(usageOf(pid).rssMiB * 10) / 10 || undefined),
    descriptors: known(descriptorsOf),
  };
}

function descriptorsOf(pid: number | undefined): number | undefined {
  try {
    return readdirSync(`/proc/${String(pid)}/fd`).length;
  } catch {
    return undefined;
  }
}

async function lagOf({ crowd: { asks, admin } }: Ground): Promise<number | undefined> {
  const token = await admin.token();
  const answer = await asks.ask<{ topics: { lag: number }[] }>({
    kind: 'communications',
    target: 'GET /api/system/communications',
    expect: [200],
    ...(token === undefined ? {} : { token }),
  });
  return answer?.body.topics.reduce((sum, { lag }) => sum + lag, 0);
}
