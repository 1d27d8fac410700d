import {
  circuitBreaker,
  ConsecutiveBreaker,
  handleAll,
  CircuitState,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { ServiceError } from '../errors/index.js';
import type { Endpoint } from './registry-client.js';

const failuresToEject = 5;
const ejectedForMs = 2000;

/** An endpoint lent for one call. */
export interface Lease {
  readonly endpoint: Endpoint;
  /** Ends the call; `failed` counts against the endpoint (it could not be reached, or did not answer). */
  done(outcome: 'ok' | 'failed'): void;
}

/**
 * Balances calls over endpoints: least requests of two random choices, unreachable ones ejected for a while. After it,
 * one call at a time tries an ejected one: a success brings it back, a failure ejects it anew.
 */
export interface Picker {
  /**
   * @param tried ids of endpoints that this very call has failed at: another one is chosen while there is one
   * @throws `unavailable` when there is no endpoint at all
   */
  pick(tried?: ReadonlySet<string>): Lease;
  replace(endpoints: readonly Endpoint[]): void;
  readonly endpoints: readonly Endpoint[];
}

interface Member {
  readonly endpoint: Endpoint;
  readonly breaker: CircuitBreakerPolicy;
  inFlight: number;
  ejectedAt: number;
}

const keyOf = (endpoint: Endpoint): string => `${endpoint.id}@${endpoint.address}:${String(endpoint.port)}`;

export function createPicker(name: string): Picker {
  let members: Member[] = [];
  return {
    get endpoints() {
      return members.map(({ endpoint }) => endpoint);
    },
    replace: (endpoints) => {
      const known = new Map(members.map((member) => [keyOf(member.endpoint), member]));
      members = endpoints.map((endpoint) => known.get(keyOf(endpoint)) ?? newMember(endpoint));
    },
    pick: (tried) => {
      const healthy = members.filter(mayBePicked);
      const known = healthy.length > 0 ? healthy : members;
      const untried = tried === undefined ? known : known.filter(({ endpoint }) => !tried.has(endpoint.id));
      const member = lessBusyOfTwo(untried.length > 0 ? untried : known);
      if (!member) throw new ServiceError('unavailable', `No instance of ${name} is there.`);
      return lend(member);
    },
  };
}

function newMember(endpoint: Endpoint): Member {
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: ejectedForMs,
    breaker: new ConsecutiveBreaker(failuresToEject),
  });
  const member = { endpoint, breaker, inFlight: 0, ejectedAt: -Infinity };
  breaker.onBreak(() => {
    member.ejectedAt = Date.now();
  });
  return member;
}

/** The breaker leaves its open state only by a call, so that the time for one is told here. */
function mayBePicked({ breaker, inFlight, ejectedAt }: Member): boolean {
  if (breaker.state === CircuitState.Closed) return true;
  return inFlight === 0 && Date.now() - ejectedAt >= ejectedForMs;
}

/** The power of two choices (Mitzenmacher 2001). */
function lessBusyOfTwo(members: readonly Member[]): Member | undefined {
  const first = Math.floor(Math.random() * members.length);
  const second = (first + 1 + Math.floor(Math.random() * (members.length - 1))) % members.length;
  const [a, b] = [members[first], members[second]];
  return a && b && b.inFlight < a.inFlight ? b : a;
}

function lend(member: Member): Lease {
  let over = false;
  member.inFlight += 1;
  return {
    endpoint: member.endpoint,
    done: (outcome) => {
      if (over) return;
      over = true;
      member.inFlight -= 1;
      member.breaker
        .execute(() => {
          if (outcome === 'failed') throw new Error('failed');
        })
        .catch(() => undefined);
    },
  };
}
