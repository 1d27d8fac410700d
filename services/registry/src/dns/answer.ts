import { hasTags } from '../domain/tags.js';
import type { Catalog } from '../store/catalog.js';
import { addressOf, type Instance, instancesOf, isPassing } from '../store/passing.js';
import { foldName } from '../store/topics.js';
import type { Hold } from './hold.js';
import { parseName } from './names.js';
import { addressRecord, authorityRecord, type Entry, type QuestionType, serviceEntry } from './records.js';

export type ResponseCode = 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';

export interface DnsAnswer {
  readonly code: ResponseCode;
  readonly entries: readonly Entry[];
}

export interface Question {
  /** As it was asked: answers repeat it in the same case. */
  readonly name: string;
  readonly type: QuestionType;
}

export interface AnswerDeps {
  readonly catalog: Catalog;
  readonly hold: Hold;
  readonly datacenter: string;
  readonly nowMs: () => number;
  /** 0 to 1; the order of instances is drawn from it. */
  readonly random: () => number;
}

/** Answers one question from the catalog. */
export function answerQuestion(question: Question, deps: AnswerDeps): DnsAnswer {
  const lookup = parseName(question.name, deps.datacenter);
  switch (lookup.kind) {
    case 'foreign':
      return { code: 'REFUSED', entries: [] };
    case 'none':
      return { code: 'NXDOMAIN', entries: [] };
    case 'zone':
      return { code: 'NOERROR', entries: question.type === 'SOA' ? [zoneEntry()] : [] };
    case 'address':
      return addresses(question, [lookup.address]);
    case 'node': {
      const nodes = deps.catalog.nodes().filter(({ name }) => foldName(name) === lookup.name);
      if (nodes.length === 0) return { code: 'NXDOMAIN', entries: [] };
      return addresses(
        question,
        nodes.map(({ address }) => address),
      );
    }
    case 'service':
      return service(question, lookup, deps);
  }
}

function zoneEntry(): Entry {
  return { answer: authorityRecord(Math.floor(Date.now() / 1_000)), additional: [] };
}

function service(
  question: Question,
  { name, tag }: { readonly name: string; readonly tag: string },
  deps: AnswerDeps,
): DnsAnswer {
  const tags = tag === '' ? [] : [tag];
  const found = instancesOf(deps.catalog, name).filter(
    (instance) => hasTags(instance.service, tags) && isPassing(instance),
  );
  if (found.length === 0) {
    return { code: deps.hold.holds(name, deps.nowMs()) ? 'SERVFAIL' : 'NXDOMAIN', entries: [] };
  }
  const shuffled = shuffle(found, deps.random);
  if (question.type === 'SRV') {
    const entries = shuffled.map((instance) =>
      serviceEntry(question.name, targetOf(instance), deps.datacenter),
    );
    return { code: 'NOERROR', entries };
  }
  return addresses(question, shuffled.map(addressOf));
}

function targetOf(instance: Instance) {
  const { port, weights } = instance.service;
  return { address: addressOf(instance), port, weight: weights.passing };
}

/** Each address once; none of the wanted kind is an empty answer, not an error. */
function addresses({ name, type }: Question, found: readonly string[]): DnsAnswer {
  const entries = [...new Set(found)].flatMap((address) => {
    const answer = addressRecord(name, address, type);
    return answer === undefined ? [] : [{ answer, additional: [] }];
  });
  return { code: 'NOERROR', entries };
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const at = Math.floor(random() * (last + 1));
    const [a, b] = [shuffled[last], shuffled[at]] as [T, T];
    [shuffled[last], shuffled[at]] = [b, a];
  }
  return shuffled;
}
