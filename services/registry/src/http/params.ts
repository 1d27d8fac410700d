import { parseDuration } from '../domain/durations.js';
import { RegistryError } from '../domain/errors.js';
import { decodeFailed } from '../domain/fields.js';
import type { Exchange } from './exchange.js';

const DEFAULT_WAIT_MS = 5 * 60_000;
const MAX_WAIT_MS = 10 * 60_000;
const JITTER_SHARE = 1 / 16;

/** A flag of the query: bare is true. @throws RegistryError when it can't be read */
export function flagOf(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null) return false;
  if (['', '1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false;
  throw new RegistryError('invalid', `Invalid value for ?${name}`);
}

/** What `…/maintenance` asks for. @throws RegistryError when it doesn't say whether */
export function maintenanceOf(query: URLSearchParams): { readonly enable: boolean; readonly reason: string } {
  if ((query.get('enable') ?? '') === '') throw new RegistryError('invalid', 'Missing value for enable');
  return { enable: flagOf(query, 'enable'), reason: query.get('reason') ?? '' };
}

/** What follows the route. @throws RegistryError with `missing` when it is empty */
export function restOf(exchange: Exchange, missing: string): string {
  if (exchange.rest === '') throw new RegistryError('invalid', missing);
  return exchange.rest;
}

/** @throws RegistryError `invalid` when the body isn't JSON */
export async function jsonOf(exchange: Exchange): Promise<unknown> {
  const body = await exchange.body();
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch (error) {
    throw decodeFailed(error instanceof Error ? error.message : String(error));
  }
}

export type Consistency = 'leader' | 'consistent' | 'stale';

/** @throws RegistryError when both are asked for */
export function consistencyOf(query: URLSearchParams): Consistency {
  const stale = query.has('stale');
  const consistent = query.has('consistent');
  if (stale && consistent) {
    throw new RegistryError('invalid', 'Cannot specify ?stale with ?consistent, conflicting semantics.');
  }
  if (stale) return 'stale';
  return consistent ? 'consistent' : 'leader';
}

/** The index that the client has seen; 0 doesn't block. @throws RegistryError `Invalid index` */
export function indexOf(query: URLSearchParams): number {
  const text = query.get('index') || '0';
  if (!/^\d+$/.test(text)) throw new RegistryError('invalid', 'Invalid index');
  return Number(text);
}

/** How long a blocking query waits, with its jitter. @throws RegistryError `Invalid wait time` */
export function waitMsOf(query: URLSearchParams): number {
  const text = query.get('wait') || '0';
  const asked = parseDuration(text);
  if (asked === undefined || asked < 0) throw new RegistryError('invalid', 'Invalid wait time');
  const wait = asked === 0 ? DEFAULT_WAIT_MS : Math.min(asked, MAX_WAIT_MS);
  return wait + Math.random() * wait * JITTER_SHARE;
}
