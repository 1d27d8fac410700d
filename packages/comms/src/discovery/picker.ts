import { ServiceError } from '../errors/index.js';
import { createMember, type Member, type Outcome } from './member.js';
import type { Endpoint } from './registry-client.js';

/** An endpoint lent for one call. */
export interface Lease {
  readonly endpoint: Endpoint;
  /** Ends the call; `failed` counts against the endpoint (it could not be reached, or did not answer). */
  done(outcome: Outcome): void;
}

/**
 * Balances calls over endpoints: least requests of two random choices. One that cannot be reached, or that answers far
 * later than its like, is ejected for a while; after it, one call at a time tries it: a success brings it back, a
 * failure ejects it anew.
 */
export interface Picker {
  /**
   * @param tried ids of endpoints that this very call has failed at: another one is chosen while there is one
   * @throws `unavailable` when there is no endpoint at all
   */
  pick(tried?: ReadonlySet<string>): Lease;
  replace(endpoints: readonly Endpoint[]): void;
  /** The same array until the next `replace`. */
  readonly endpoints: readonly Endpoint[];
}

const keyOf = (endpoint: Endpoint): string => `${endpoint.id}@${endpoint.address}:${String(endpoint.port)}`;

export function createPicker(name: string): Picker {
  let members: readonly Member[] = [];
  let endpoints: readonly Endpoint[] = [];

  const candidates = (tried: ReadonlySet<string> | undefined): readonly Member[] => {
    const healthy = members.filter((member) => member.mayBePicked());
    const known = healthy.length > 0 ? healthy : members;
    const untried = tried === undefined ? known : known.filter(({ endpoint }) => !tried.has(endpoint.id));
    return untried.length > 0 ? untried : known;
  };
  const lend = (member: Member): Lease => {
    let isOver = false;
    const startedAt = performance.now();
    member.begin();
    return {
      endpoint: member.endpoint,
      done: (outcome) => {
        if (isOver) return;
        isOver = true;
        member.end(outcome, { tookMs: performance.now() - startedAt, like: members });
      },
    };
  };
  return {
    get endpoints() {
      return endpoints;
    },
    replace: (next) => {
      const known = new Map(members.map((member) => [keyOf(member.endpoint), member]));
      members = next.map((endpoint) => known.get(keyOf(endpoint)) ?? createMember(endpoint));
      endpoints = members.map(({ endpoint }) => endpoint);
    },
    pick: (tried) => {
      const isPlain = tried === undefined && members.every((member) => member.isWell);
      const member = lessBusyOfTwo(isPlain ? members : candidates(tried));
      if (!member) throw new ServiceError('unavailable', `No instance of ${name} is there.`);
      return lend(member);
    },
  };
}

/** The power of two choices (Mitzenmacher 2001). */
function lessBusyOfTwo(members: readonly Member[]): Member | undefined {
  const first = Math.floor(Math.random() * members.length);
  const second = (first + 1 + Math.floor(Math.random() * (members.length - 1))) % members.length;
  const [a, b] = [members[first], members[second]];
  return a && b && b.inFlight < a.inFlight ? b : a;
}
