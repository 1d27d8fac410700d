import { invariantsVerdict, onGround, type Ground, type Outcome, type Settings } from './ground.js';
import { openOrderFlood, type OrderFlood } from './order-flood.js';
import { closedLoop, forSeconds, openPace, pause } from './pace.js';
import { startSampling, untilDrained } from './sampling.js';

const warmUpSeconds = 10;
const peakSeconds = 20;
const customersAtOnce = 32;
const timesThePeak = 10;
const defaultSeconds = 60;
/** More than wait for an answer at once if none came for two or three seconds. */
const connections = 2048;
const goalOfPeak = 0.8;
/** Back is what does so well for so long. */
const windowSeconds = 3;
const givesUpAfterSeconds = 120;

/**
 * Ten times the orders and reads that a closed loop of 32 customers gets through: what can be done in time is done, and
 * the rest is refused early, with a word on when to come again.
 */
export const overload = (settings: Settings): Promise<Outcome> =>
  onGround(settings, {}, async (ground) => {
    const { crowd, system } = ground;
    const tokens = await Promise.all(crowd.customers.map((session) => session.token()));
    const flood = openOrderFlood({
      url: system.url,
      connections,
      productIds: crowd.productIds,
      tokens: tokens.filter((token) => token !== undefined),
    });
    return overloadOn(ground, flood, settings).finally(() => flood.close());
  });

async function overloadOn(ground: Ground, flood: OrderFlood, settings: Settings): Promise<Outcome> {
  const { interrupted, report } = settings;
  const sampling = startSampling(ground);
  try {
    const loop = (seconds: number) =>
      closedLoop({ atOnce: customersAtOnce, over: forSeconds(seconds, interrupted) }, flood.readThenPlace);
    await loop(warmUpSeconds);
    flood.take();
    const peakStartedAt = performance.now();
    await loop(peakSeconds);
    const peak = flood.take();
    const peakPerSecond = (1000 * peak.acknowledged) / (performance.now() - peakStartedAt);
    report(`The peak is ${peakPerSecond.toFixed(1)} orders/s, p99 ${String(peak.p99Ms)} ms.`);
    await untilDrained(sampling);
    await flood.connect();

    // Each order comes with a read, as it does in the closed loop.
    const wanted = 2 * timesThePeak * peakPerSecond;
    const startedAt = performance.now();
    const over = forSeconds(settings.seconds ?? defaultSeconds, interrupted);
    const offeredPerSecond = await openPace({ perSecond: wanted, over }, flood.readOrPlace);
    const seconds = (performance.now() - startedAt) / 1000;
    const flooded = flood.take();
    const goodputPerSecond = flooded.acknowledged / seconds;
    const share = goodputPerSecond / peakPerSecond;
    report(
      `Offered ${offeredPerSecond.toFixed(0)} requests/s of ${wanted.toFixed(0)} wanted: ${goodputPerSecond.toFixed(1)} orders/s in time, ${String(flooded.refused)} refused, other ${JSON.stringify(flooded.other)}`,
    );
    const backAfterS = await untilBack(flood, goalOfPeak * peakPerSecond, interrupted);
    const drainedAfterS = await untilDrained(sampling);
    const refusals = flooded.refused - flooded.withoutRetryAfter;
    return {
      figures: {
        events: ground.system.events.kind,
        peakPerSecond,
        peak,
        seconds,
        wantedPerSecond: wanted,
        offeredPerSecond,
        goodputPerSecond,
        shareOfPeak: share,
        flooded,
        backAfterS: backAfterS ?? 'never',
        drainedAfterS: drainedAfterS ?? 'never',
      },
      verdicts: [
        {
          promise: `goodput at ${String(timesThePeak)} × the peak is at least ${String(goalOfPeak)} of it`,
          isKept: share >= goalOfPeak,
          says: `${share.toFixed(2)}: ${goodputPerSecond.toFixed(1)} of ${peakPerSecond.toFixed(1)} orders/s`,
        },
        {
          promise: 'who is refused hears when to come again',
          isKept: flooded.withoutRetryAfter === 0,
          says: `${String(refusals)} of ${String(flooded.refused)} refusals have Retry-After`,
        },
        {
          promise: 'the peak is back after the overload',
          isKept: backAfterS !== undefined,
          says: `${String(backAfterS ?? 'never')} s to ${String(goalOfPeak)} of it, kept up for ${String(windowSeconds)} s`,
        },
        await invariantsVerdict(ground),
      ],
    };
  } finally {
    await sampling.stop();
  }
}

/** @returns the seconds until a window begins in which so many orders a second are acknowledged in time again */
async function untilBack(
  flood: OrderFlood,
  perSecond: number,
  interrupted: AbortSignal,
): Promise<number | undefined> {
  const over = new AbortController();
  const loop = closedLoop(
    { atOnce: customersAtOnce, over: AbortSignal.any([over.signal, interrupted]) },
    flood.readThenPlace,
  );
  try {
    const bySecond: number[] = [flood.acknowledged()];
    for (let second = 1; second <= givesUpAfterSeconds && !interrupted.aborted; second += 1) {
      await pause(1, interrupted);
      bySecond.push(flood.acknowledged());
      const before = bySecond[second - windowSeconds];
      if (before !== undefined && flood.acknowledged() - before >= windowSeconds * perSecond)
        return second - windowSeconds;
    }
    return undefined;
  } finally {
    over.abort();
    await loop;
  }
}
