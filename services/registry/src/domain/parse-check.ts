import { RegistryError } from './errors.js';
import type { Fields } from './fields.js';
import {
  type CheckDefinition,
  LOCAL_NODE,
  type Probe,
  type ProbeTls,
  type Status,
  STATUSES,
} from './shapes.js';

const MIN_INTERVAL_MS = 1_000;
const DEFAULT_TIMEOUT_MS = 10_000;
const MIN_DEREGISTER_AFTER_MS = 60_000;

/** A check as it is asked for: what it is, and the status it starts from when it is new. */
export interface CheckRequest {
  readonly definition: CheckDefinition;
  readonly initialStatus: Status;
}

/** What a check is called, and whose it is, when its own fields don't say. */
export interface CheckDefaults {
  readonly id: string;
  readonly name: string;
  readonly serviceId: string;
}

/**
 * Reads one check of a registration.
 * @throws RegistryError `invalid` with the text for the client
 */
export function parseCheck(fields: Fields, defaults: CheckDefaults): CheckRequest {
  const probe = parseProbe(fields);
  const deregisterAfterMs = fields.duration('DeregisterCriticalServiceAfter');
  const failuresBeforeCritical = fields.integer('FailuresBeforeCritical');
  return {
    definition: {
      node: LOCAL_NODE,
      id: fields.text('CheckID') || fields.text('ID') || defaults.id,
      name: fields.text('Name') || defaults.name,
      notes: fields.text('Notes'),
      serviceId: defaults.serviceId,
      type: probe.kind,
      probe,
      successBeforePassing: fields.integer('SuccessBeforePassing'),
      failuresBeforeWarning: fields.integer('FailuresBeforeWarning') || failuresBeforeCritical,
      failuresBeforeCritical,
      deregisterAfterMs:
        deregisterAfterMs === undefined ? null : Math.max(deregisterAfterMs, MIN_DEREGISTER_AFTER_MS),
    },
    initialStatus: parseStatus(fields.text('Status') || 'critical'),
  };
}

/** @throws RegistryError `invalid` for anything but passing, warning and critical */
export function parseStatus(text: string): Status {
  const status = STATUSES.find((known) => known === text);
  if (status === undefined) throw new RegistryError('invalid', 'Bad check status');
  return status;
}

function parseProbe(fields: Fields): Probe {
  const [ttlMs, http, tcp, grpc] = [
    fields.duration('TTL'),
    fields.text('HTTP'),
    fields.text('TCP'),
    fields.text('GRPC'),
  ];
  const given = [ttlMs !== undefined, http !== '', tcp !== '', grpc !== ''].filter(Boolean).length;
  if (given === 0) throw invalidCheck('TTL must be > 0 for TTL checks');
  if (given > 1) throw invalidCheck('a check is one of TTL, HTTP, TCP and GRPC');
  if (ttlMs !== undefined) return { kind: 'ttl', ttlMs };
  const interval = parseInterval(fields);
  if (http !== '') {
    return {
      kind: 'http',
      url: parseUrl(http),
      method: fields.text('Method').toUpperCase() || 'GET',
      headers: parseHeaders(fields),
      body: fields.text('Body'),
      tlsSkipVerify: fields.flag('TLSSkipVerify'),
      ...interval,
    };
  }
  if (tcp !== '') return { kind: 'tcp', address: tcp, tls: parseTls(fields, 'TCPUseTLS'), ...interval };
  const [address = '', service = ''] = grpc.split('/', 2);
  return { kind: 'grpc', address, service, tls: parseTls(fields, 'GRPCUseTLS'), ...interval };
}

function parseInterval(fields: Fields) {
  const intervalMs = fields.duration('Interval');
  if (intervalMs === undefined) throw invalidCheck('Interval must be > 0 for HTTP, TCP or gRPC checks');
  return {
    intervalMs: Math.max(intervalMs, MIN_INTERVAL_MS),
    timeoutMs: fields.duration('Timeout') ?? DEFAULT_TIMEOUT_MS,
  };
}

function parseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/i.test(text)) throw invalidCheck(`invalid URL ${text}`);
  return text;
}

function parseTls(fields: Fields, name: string): ProbeTls {
  if (!fields.flag(name)) return 'off';
  return fields.flag('TLSSkipVerify') ? 'skip-verify' : 'verify';
}

function parseHeaders(fields: Fields): Record<string, readonly string[]> {
  const headers = fields.entries('Header').map(([name, values]) => {
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'string')) {
      throw invalidCheck('Header must map names to lists of text');
    }
    return [name, values] as const;
  });
  return Object.fromEntries(headers);
}

function invalidCheck(why: string): RegistryError {
  return new RegistryError('invalid', `Invalid check: ${why}`);
}
