import { RegistryError } from './errors.js';
import { decodeFailed, type Fields, readFields } from './fields.js';
import { type CheckRequest, parseCheck } from './parse-check.js';
import { LOCAL_NODE, type ServiceAddress, type ServiceDefinition } from './shapes.js';

const MAX_PORT = 65_535;

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
  const service: ServiceDefinition = {
    node: LOCAL_NODE,
    id: fields.text('ID') || name,
    name,
    tags: fields.texts('Tags'),
    address: fields.text('Address'),
    port: parsePort(fields),
    meta: fields.textMap('Meta'),
    taggedAddresses: parseTaggedAddresses(fields),
    weights: parseWeights(fields),
    enableTagOverride: fields.flag('EnableTagOverride'),
  };
  return { service, checks: parseChecks(fields, service) };
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
