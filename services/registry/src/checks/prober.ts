import { randomInt } from 'node:crypto';
import type { ActiveProbe, CheckDefinition, Status } from '../domain/shapes.js';
import { countOutcome, NO_STREAK } from '../domain/threshold.js';
import type { Outcome } from './probe.js';
import type { Running } from './ttl-clock.js';

const FIRST_PROBE_WITHIN_MS = 1_000;

export interface ProberDeps {
  /** Asks once, bounded in time and in how many ask together. */
  readonly ask: (probe: ActiveProbe) => Promise<Outcome>;
  readonly report: (outcome: Outcome) => void;
  readonly currentStatus: () => Status | undefined;
}

/** Probes on the check's interval, measured from one answer to the next question, and reports past its thresholds. */
export function startProber(
  definition: CheckDefinition & { readonly probe: ActiveProbe },
  deps: ProberDeps,
): Running {
  const { probe } = definition;
  let stopped = false;
  let streak = NO_STREAK;
  let timer = setTimeout(tick, randomInt(Math.min(probe.intervalMs, FIRST_PROBE_WITHIN_MS)));

  async function probeOnce(): Promise<void> {
    const outcome = await deps.ask(probe);
    if (stopped) return;
    const counted = countOutcome(outcome.status, streak, definition);
    streak = counted.streak;
    const status = counted.status ?? deps.currentStatus();
    if (status !== undefined) deps.report({ status, output: outcome.output });
  }

  function tick(): void {
    void probeOnce().finally(() => {
      if (!stopped) timer = setTimeout(tick, probe.intervalMs);
    });
  }

  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
