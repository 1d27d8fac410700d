import { isDeepStrictEqual } from 'node:util';
import { RegistryError, unknownCheck } from '../domain/errors.js';
import { type ActiveProbe, type CheckDefinition, type CheckState, LOCAL_NODE } from '../domain/shapes.js';
import type { Change, CheckPut } from '../store/changes.js';
import { deregisterService, updateCheck } from '../store/service-changes.js';
import type { Store } from '../store/store.js';
import type { Outcome } from './probe.js';
import { startProber } from './prober.js';
import { CriticalSince } from './reaper.js';
import { createSlots } from './slots.js';
import { type Running, startTtlClock, type TtlClock } from './ttl-clock.js';

const MAX_PROBES_AT_ONCE = 32;

export interface RunnerDeps {
  readonly store: Store;
  readonly probe: (probe: ActiveProbe) => Promise<Outcome>;
  readonly log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  readonly reapEveryMs: number;
  /** A TTL check of this service wasn't heard of in time. */
  readonly onLapse: (serviceId: string) => void;
}

interface RunningCheck {
  readonly definition: CheckDefinition;
  readonly running: Running;
  readonly clock: TtlClock | undefined;
}

/** Keeps one clock or prober for each check of the store, from `start` to `stop`. */
export class CheckRunner {
  readonly #deps: RunnerDeps;
  readonly #checks = new Map<string, RunningCheck>();
  readonly #critical = new CriticalSince();
  readonly #slots = createSlots(MAX_PROBES_AT_ONCE);
  #reaper: NodeJS.Timeout | undefined;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
    deps.store.observe((change) => {
      this.#follow(change);
    });
  }

  /** Starts every clock with its full time: call it when clients can reach the registry. */
  start(): void {
    this.#reaper = setInterval(() => {
      this.#reap();
    }, this.#deps.reapEveryMs);
    for (const check of this.#deps.store.catalog.checks()) this.#followCheck(check);
  }

  stop(): void {
    clearInterval(this.#reaper);
    this.#reaper = undefined;
    for (const { running } of this.#checks.values()) running.stop();
    this.#checks.clear();
  }

  /**
   * Takes a TTL check's word: its clock starts over and its state is kept.
   * @throws RegistryError when there is no such check, or it isn't a TTL check
   */
  heartbeat(checkId: string, state: CheckState): Promise<void> {
    const check = this.#deps.store.catalog.check(LOCAL_NODE, checkId);
    if (check === undefined) throw unknownCheck(checkId);
    if (check.probe.kind !== 'ttl') {
      throw new RegistryError('invalid', `CheckID ${JSON.stringify(checkId)} does not have associated TTL`);
    }
    this.restartClocks([checkId]);
    return this.#update(checkId, state);
  }

  /** Gives TTL checks their full time again: who registers anew was heard of. */
  restartClocks(checkIds: Iterable<string>): void {
    for (const id of checkIds) this.#checks.get(id)?.clock?.restart();
  }

  #follow(change: Change): void {
    if (this.#reaper === undefined) return;
    if (change.kind === 'check') this.#followCheck(change.check);
    if (change.kind === 'check-gone') this.#forget(change.id);
  }

  #followCheck(check: CheckPut): void {
    if (check.node !== LOCAL_NODE) return;
    this.#critical.note(check, performance.now());
    const definition = definitionOf(check);
    const current = this.#checks.get(check.id);
    if (current !== undefined && isDeepStrictEqual(current.definition, definition)) return;
    current?.running.stop();
    const started = this.#run(definition);
    if (started === undefined) this.#checks.delete(check.id);
    else this.#checks.set(check.id, started);
  }

  #forget(checkId: string): void {
    this.#critical.forget(checkId);
    this.#checks.get(checkId)?.running.stop();
    this.#checks.delete(checkId);
  }

  #run(definition: CheckDefinition): RunningCheck | undefined {
    const { id, probe } = definition;
    if (probe.kind === 'none') return undefined;
    if (probe.kind === 'ttl') {
      const clock = startTtlClock(probe.ttlMs, () => {
        this.#lapse(id);
      });
      return { definition, running: clock, clock };
    }
    const running = startProber(
      { ...definition, probe },
      {
        ask: (asked) => this.#slots(() => this.#deps.probe(asked)),
        report: (outcome) => {
          this.#report(id, outcome);
        },
        currentStatus: () => this.#deps.store.catalog.check(LOCAL_NODE, id)?.status,
      },
    );
    return { definition, running, clock: undefined };
  }

  #lapse(checkId: string): void {
    const check = this.#deps.store.catalog.check(LOCAL_NODE, checkId);
    if (check === undefined) return;
    if (check.status === 'critical' && check.output.startsWith(EXPIRED)) return;
    const output =
      check.output === '' ? EXPIRED : `${EXPIRED} (last output before timeout follows): ${check.output}`;
    this.#report(checkId, { status: 'critical', output });
    this.#deps.onLapse(check.serviceId);
  }

  #report(checkId: string, outcome: Outcome): void {
    if (this.#deps.store.catalog.check(LOCAL_NODE, checkId) === undefined) return;
    this.#update(checkId, outcome).catch((cause: unknown) => {
      this.#failed(checkId, cause);
    });
  }

  #update(checkId: string, state: CheckState): Promise<void> {
    const { store } = this.#deps;
    const { changes, quiet } = updateCheck(store.catalog, checkId, state);
    return quiet ? store.commitQuietly(changes) : store.commit(changes);
  }

  #reap(): void {
    const { store, log } = this.#deps;
    for (const { serviceId, checkId } of this.#critical.overdue(performance.now())) {
      if (store.catalog.service(LOCAL_NODE, serviceId) === undefined) continue;
      log.info({ serviceId, checkId }, 'deregistering a service that was critical for too long');
      store.commit(deregisterService(store.catalog, serviceId)).catch((cause: unknown) => {
        this.#failed(checkId, cause);
      });
    }
  }

  #failed(checkId: string, cause: unknown): void {
    this.#deps.log.error({ checkId, err: cause }, 'a check result could not be kept');
  }
}

const EXPIRED = 'TTL expired';

function definitionOf(check: CheckPut): CheckDefinition {
  const { node, id, name, notes, serviceId, type, probe } = check;
  const { successBeforePassing, failuresBeforeWarning, failuresBeforeCritical, deregisterAfterMs } = check;
  return {
    ...{ node, id, name, notes, serviceId, type, probe },
    ...{ successBeforePassing, failuresBeforeWarning, failuresBeforeCritical, deregisterAfterMs },
  };
}
