import type { RunningSystem } from '@souk/local';
import { until } from '@souk/testkit';
import type { AskFigures } from './asks.js';
import { invariantsVerdict, onGround, type Ground, type Outcome, type Settings } from './ground.js';
import { openPace, pause } from './pace.js';
import { noFailureVerdict } from './verdict.js';
import { visit } from './visit.js';

const defaultSeconds = 10 * 60;
const aroundSeconds = 30;

/**
 * The registry is killed and stays away, its port refusing connections, while customers go on: what everybody knew of
 * each other has to carry them.
 */
export const registryAway = (settings: Settings): Promise<Outcome> =>
  // Whoever supervises would bring it back in a quarter of a second.
  onGround(settings, { supervise: false }, (ground) => awayOn(ground, settings));

async function awayOn(ground: Ground, settings: Settings): Promise<Outcome> {
  const { system, crowd } = ground;
  const { interrupted, report, pace: perSecond } = settings;
  const over = new AbortController();
  const load = openPace({ perSecond, over: AbortSignal.any([over.signal, interrupted]) }, (index) =>
    visit(crowd, index),
  );
  const phases: Record<string, AskFigures> = {};
  const endPhase = (name: string): void => {
    const figures = crowd.asks.take();
    phases[name] = figures;
    report(
      `${name}: ${String(figures.asked)} asked, ${String(figures.failed)} failed, p50 ${String(figures.p50Ms)} ms, p99 ${String(figures.p99Ms)} ms`,
    );
  };
  let awaySeconds: number | undefined;
  try {
    await pause(aroundSeconds, interrupted);
    endPhase('before');
    await killRegistry(system);
    const goneAt = performance.now();
    await pause(settings.seconds ?? defaultSeconds, interrupted);
    awaySeconds = Math.round((performance.now() - goneAt) / 1000);
    endPhase('during');
    await system.restart('registry');
    report('The registry is back, and knows all again.');
    await pause(aroundSeconds, interrupted);
  } finally {
    over.abort();
    await load;
  }
  endPhase('after');
  return {
    figures: { events: system.events.kind, awaySeconds, visitsPerSecond: await load, phases },
    verdicts: [noFailureVerdict(...Object.values(phases)), await invariantsVerdict(ground)],
  };
}

/** @returns once nothing listens at its address */
async function killRegistry(system: RunningSystem): Promise<void> {
  system.kill('registry');
  await until(
    () => system.processes.some(({ instance, pid }) => instance === 'registry' && pid === undefined),
    { withinMs: 5000, what: 'the registry is gone' },
  );
}
