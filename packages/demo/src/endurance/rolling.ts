import { serviceOf } from '../instances.js';
import type { AskFigures } from './asks.js';
import { invariantsVerdict, onGround, type Ground, type Outcome, type Settings } from './ground.js';
import { closedLoop, forSeconds, openPace, pause } from './pace.js';
import { noFailureVerdict } from './verdict.js';
import { visit } from './visit.js';

const peakSeconds = 20;
const customersAtOnce = 32;
const shareOfPeak = 0.5;
const defaultSecondsBetween = 5;
/** As in containers: long enough for the gateway and the peers to hear that an instance leaves. */
const environment = { SHUTDOWN_DRAIN_MS: '3000' };

/** Every instance of every service is restarted in turn, in order as SIGTERM does it, at half of the peak load. */
export const rolling = (settings: Settings): Promise<Outcome> =>
  onGround(settings, { environment }, async (ground) => {
    const { system } = ground;
    const services = new Set(instancesOf(ground).map(serviceOf));
    for (const service of services) await system.scale(service, 2);
    return rollOn(ground, settings);
  });

async function rollOn(ground: Ground, settings: Settings): Promise<Outcome> {
  const { system, crowd } = ground;
  const { interrupted, report } = settings;
  const shop = (index: number) => visit(crowd, index);
  const peakPerSecond = await closedLoop(
    { atOnce: customersAtOnce, over: forSeconds(peakSeconds, interrupted) },
    shop,
  );
  const peak = crowd.asks.take();
  const perSecond = shareOfPeak * peakPerSecond;
  report(
    `The peak is ${peakPerSecond.toFixed(1)} orders/s; now ${perSecond.toFixed(1)}, and one restart after the other.`,
  );
  const over = new AbortController();
  const load = openPace({ perSecond, over: AbortSignal.any([over.signal, interrupted]) }, shop);
  const between = settings.seconds ?? defaultSecondsBetween;
  const restarts: (AskFigures & { instance: string; seconds: number })[] = [];
  try {
    for (const instance of instancesOf(ground)) {
      await pause(between, interrupted);
      if (interrupted.aborted) break;
      const startedAt = performance.now();
      await system.restart(instance);
      const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
      const figures = crowd.asks.take();
      restarts.push({ instance, seconds, ...figures });
      report(
        `${instance}: ready again after ${String(seconds)} s, ${String(figures.asked)} asked, ${String(figures.failed)} failed`,
      );
    }
    await pause(between, interrupted);
  } finally {
    over.abort();
    await load;
  }
  const afterwards = crowd.asks.take();
  return {
    figures: {
      events: system.events.kind,
      peakPerSecond,
      peak,
      visitsPerSecond: await load,
      restarts,
      afterwards,
    },
    verdicts: [noFailureVerdict(...restarts, afterwards), await invariantsVerdict(ground)],
  };
}

const instancesOf = ({ system }: Ground): string[] =>
  system.processes.filter(({ kind }) => kind === 'service').map(({ instance }) => instance);
