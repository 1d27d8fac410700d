import { RegistryError } from '../domain/errors.js';
import type { KvRecord } from '../domain/shapes.js';
import type { Store } from '../store/store.js';
import { topics } from '../store/topics.js';
import type { HttpDeps } from './deps.js';
import type { Exchange, Reply, Routes } from './exchange.js';
import { flagOf } from './params.js';

const NOT_FOUND: Reply = { status: 404 };

/** `/v1/kv/…`: a small key-value store, without sessions and locks. */
export function kvRoutes(deps: HttpDeps): Routes {
  return {
    '/v1/kv/': {
      GET: (exchange) => read(deps, exchange),
      PUT: (exchange) => put(deps.store, exchange),
      DELETE: (exchange) => remove(deps.store, exchange),
    },
  };
}

function read(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const { query, rest } = exchange;
  if (flagOf(query, 'keys')) return readUnder(deps, exchange, (found) => keysOf(found, rest, query));
  if (flagOf(query, 'recurse')) return readUnder(deps, exchange, (found) => found.map(entryJson));
  const { store, answer } = deps;
  const key = keyOf(exchange);
  return answer(exchange, {
    topics: [topics.kv(key)],
    index: () => store.kv.indexOf(key),
    reply: () => {
      const found = store.kv.get(key);
      if (found === undefined) return NOT_FOUND;
      return flagOf(query, 'raw') ? rawOf(found) : { json: [entryJson(found)] };
    },
  });
}

function readUnder(
  { store, answer }: HttpDeps,
  exchange: Exchange,
  show: (found: readonly KvRecord[]) => readonly unknown[],
): Promise<Reply> {
  const prefix = exchange.rest;
  return answer(exchange, {
    topics: [topics.kvUnder(prefix)],
    index: () => store.kv.indexUnder(prefix),
    reply: () => {
      const found = store.kv.under(prefix);
      return found.length === 0 ? NOT_FOUND : { json: show(found) };
    },
  });
}

/** Answers `true`, or `false` when `?cas=` names another index than the record's. */
async function put(store: Store, exchange: Exchange): Promise<Reply> {
  const key = keyOf(exchange);
  refuseLocks(exchange.query);
  const value = (await exchange.body()).toString('base64');
  if (!isExpected(store, key, exchange.query)) return { json: false };
  const flags = wholeNumber(exchange.query, 'flags') ?? 0;
  await store.commit([{ kind: 'kv', entry: { key, value, flags } }]);
  return { json: true };
}

async function remove(store: Store, exchange: Exchange): Promise<Reply> {
  const { query, rest } = exchange;
  if (flagOf(query, 'recurse')) {
    await store.commit(store.kv.under(rest).map(({ key }) => ({ kind: 'kv-gone', key }) as const));
    return { json: true };
  }
  const key = keyOf(exchange);
  if (!isExpected(store, key, query)) return { json: false };
  await store.commit(store.kv.get(key) === undefined ? [] : [{ kind: 'kv-gone', key }]);
  return { json: true };
}

function keyOf({ rest }: Exchange): string {
  if (rest === '') throw new RegistryError('invalid', 'Missing key name');
  return rest;
}

/** `?cas=0` expects no record, another number the record's own index. */
function isExpected(store: Store, key: string, query: URLSearchParams): boolean {
  const expected = wholeNumber(query, 'cas');
  return expected === undefined || expected === (store.kv.get(key)?.modifyIndex ?? 0);
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw new RegistryError('invalid', `Invalid ?${name}`);
  return Number(text);
}

/** Answering a lock as taken without holding it would be worse than refusing it. */
function refuseLocks(query: URLSearchParams): void {
  if (query.has('acquire') || query.has('release')) {
    throw new RegistryError('invalid', 'Sessions and locks are not supported');
  }
}

function keysOf(found: readonly KvRecord[], prefix: string, query: URLSearchParams): readonly string[] {
  const separator = query.get('separator') ?? '';
  if (separator === '') return found.map(({ key }) => key);
  const cut = found.map(({ key }) => {
    const end = key.indexOf(separator, prefix.length);
    return end < 0 ? key : key.slice(0, end + separator.length);
  });
  return [...new Set(cut)];
}

function entryJson({ key, value, flags, createIndex, modifyIndex }: KvRecord) {
  return {
    LockIndex: 0,
    Key: key,
    Flags: flags,
    Value: value === '' ? null : value,
    CreateIndex: createIndex,
    ModifyIndex: modifyIndex,
  };
}

function rawOf({ value }: KvRecord): Reply {
  return { raw: Buffer.from(value, 'base64') };
}
