import { RegistryError } from './errors.js';
import { decodeFailed, type Fields, readFields } from './fields.js';
import { type CheckRequest, parseCheck } from './parse-check.js';
import { LOCAL_NODE, type ServiceAddress, type ServiceDefinition } from './shapes.js';

const MAX_PORT = 65_535;
const MAX_META_PAIRS = 64;
const MAX_META_KEY = 128;
const MAX_META_VALUE = 512;
/** So much of a refused text is repeated. */
const MAX_SHOWN = 128;

/** A service as it is asked for, with the checks that come with it. */
export interface ServiceRequest {
  readonly service: ServiceDefinition;
  readonly checks: readonly CheckRequest[];
}

/**
 * Reads the body of a service registration.
 * @throws RegistryError `invalid` with the text for the client
 */
export function parseService(body: unknown): ServiceRequest {
  const fields = readFields(body);
  const name = fields.text('Name');
  if (name === '') throw new RegistryError('invalid', 'Missing service name');
  const service = parseServiceDefinition(fields, { node: LOCAL_NODE, name });
  return { service, checks: parseChecks(fields, service) };
}

/**
 * Reads a service without its checks.
 * @throws RegistryError `invalid` with the text for the client
 */
export function parseServiceDefinition(
  fields: Fields,
  { node, name }: Pick<ServiceDefinition, 'node' | 'name'>,
): ServiceDefinition {
  const meta = fields.textMap('Meta');
  assertMeta('Service', meta);
  return {
    node,
    id: fields.text('ID') || name,
    name,
    tags: fields.texts('Tags'),
    address: fields.text('Address'),
    port: parsePort(fields),
    meta,
    taggedAddresses: parseTaggedAddresses(fields),
    weights: parseWeights(fields),
    enableTagOverride: fields.flag('EnableTagOverride'),
  };
}

/** Consul's limits of metadata. @throws RegistryError `invalid` */
export function assertMeta(whose: 'Service' | 'Node', meta: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(meta);
  const refuse = (why: string) => new RegistryError('invalid', `Invalid ${whose} Meta: ${why}`);
  if (pairs.length > MAX_META_PAIRS) {
    throw refuse(`${whose} metadata cannot contain more than ${MAX_META_PAIRS} key/value pairs`);
  }
  for (const [key, value] of pairs) {
    const why = problemOf(key, value);
    if (why !== undefined)
      throw refuse(`Couldn't load metadata pair ('${clip(key)}', '${clip(value)}'): ${why}`);
  }
}

function problemOf(key: string, value: string): string | undefined {
  if (key === '') return 'Key cannot be blank';
  if (!/^[\w-]+$/.test(key)) return 'Key contains invalid characters';
  if (key.length > MAX_META_KEY) return `Key is too long (limit: ${MAX_META_KEY} characters)`;
  if (key.startsWith('consul-')) return "Key prefix 'consul-' is reserved for internal use";
  return value.length > MAX_META_VALUE
    ? `Value is too long (limit: ${MAX_META_VALUE} characters)`
    : undefined;
}

function clip(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function parseChecks(fields: Fields, service: ServiceDefinition): readonly CheckRequest[] {
  const single = fields.nested('Check');
  const all = [...fields.nestedList('Checks'), ...(single === undefined ? [] : [single])];
  return all.map((check, position) =>
    parseCheck(check, {
      id: all.length === 1 ? `service:${service.id}` : `service:${service.id}:${position + 1}`,
      name: `Service '${service.name}' check`,
      serviceId: service.id,
    }),
  );
}

function parsePort(fields: Fields): number {
  const port = fields.integer('Port');
  if (port < 0 || port > MAX_PORT) throw decodeFailed('field Port is out of range');
  return port;
}

function parseWeights(fields: Fields): ServiceDefinition['weights'] {
  const weights = fields.nested('Weights');
  if (weights === undefined) return { passing: 1, warning: 1 };
  const [passing, warning] = [weights.integer('Passing') || 1, weights.integer('Warning')];
  if (passing < 1 || warning < 0) throw new RegistryError('invalid', 'Invalid Weights');
  return { passing, warning };
}

function parseTaggedAddresses(fields: Fields): Record<string, ServiceAddress> {
  const tagged = fields.entries('TaggedAddresses').map(([tag, value]) => {
    const address = readFields(value);
    return [tag, { address: address.text('Address'), port: parsePort(address) }] as const;
  });
  return Object.fromEntries(tagged);
}
