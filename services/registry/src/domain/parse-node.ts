import { RegistryError } from './errors.js';
import type { Fields } from './fields.js';
import { parseStatus } from './parse-check.js';
import { assertMeta, parseServiceDefinition } from './parse-service.js';
import {
  type CheckDefinition,
  type CheckState,
  LOCAL_NODE,
  type NodeDefinition,
  type ServiceDefinition,
} from './shapes.js';

/** The registry's own place. */
export interface Place {
  readonly datacenter: string;
  readonly nodeName: string;
}

/** A node with what is registered there along with it. */
export interface NodeRegistration {
  readonly node: NodeDefinition;
  /** The node is to stay as it is, if it is there. */
  readonly skipNodeUpdate: boolean;
  readonly service: ServiceDefinition | undefined;
  readonly checks: readonly (CheckDefinition & CheckState)[];
}

/** What is to go: one service, one check, or the whole node. */
export interface Deregistration {
  readonly node: string;
  readonly serviceId: string;
  readonly checkId: string;
}

/** @throws RegistryError with the text for the client */
export function parseNodeRegistration(fields: Fields, place: Place): NodeRegistration {
  assertDatacenter(fields, place);
  const [name, address] = [fields.text('Node'), fields.text('Address')];
  if (name === '' || address === '') throw new RegistryError('invalid', 'Must provide node and address');
  const key = keyOf(name, place);
  const meta = fields.textMap('NodeMeta');
  assertMeta('Node', meta);
  const serviceFields = fields.nested('Service');
  const service = serviceFields === undefined ? undefined : parseServiceAt(serviceFields, key);
  const single = fields.nested('Check');
  const checks = [...(single === undefined ? [] : [single]), ...fields.nestedList('Checks')];
  return {
    node: {
      key,
      id: fields.text('ID'),
      name,
      address,
      datacenter: place.datacenter,
      taggedAddresses: fields.textMap('TaggedAddresses'),
      meta,
    },
    skipNodeUpdate: fields.flag('SkipNodeUpdate'),
    service,
    checks: checks.map((check) => parseCheckAt(check, key)),
  };
}

/** @throws RegistryError with the text for the client */
export function parseDeregistration(fields: Fields, place: Place): Deregistration {
  assertDatacenter(fields, place);
  const name = fields.text('Node');
  if (name === '') throw new RegistryError('invalid', 'Must provide node');
  return { node: keyOf(name, place), serviceId: fields.text('ServiceID'), checkId: fields.text('CheckID') };
}

function parseServiceAt(fields: Fields, node: string): ServiceDefinition {
  const name = fields.text('Service') || fields.text('ID');
  if (name === '') throw new RegistryError('invalid', 'Must provide service name (Service.Service)');
  return parseServiceDefinition(fields, { node, name });
}

function parseCheckAt(fields: Fields, node: string): CheckDefinition & CheckState {
  const [id, name] = [fields.text('CheckID'), fields.text('Name')];
  if (id === '' && name === '')
    throw new RegistryError('invalid', 'Must provide a name or an ID of the check');
  return {
    node,
    id: id || name,
    name: name || id,
    notes: fields.text('Notes'),
    serviceId: fields.text('ServiceID'),
    type: fields.text('Type'),
    probe: { kind: 'none' },
    successBeforePassing: 0,
    failuresBeforeWarning: 0,
    failuresBeforeCritical: 0,
    deregisterAfterMs: null,
    status: parseStatus(fields.text('Status') || 'critical'),
    output: fields.text('Output'),
  };
}

function assertDatacenter(fields: Fields, { datacenter }: Place): void {
  const asked = fields.text('Datacenter');
  if (asked !== '' && asked !== datacenter) throw new RegistryError('unavailable', 'No path to datacenter');
}

function keyOf(name: string, { nodeName }: Place): string {
  return name.toLowerCase() === nodeName.toLowerCase() ? LOCAL_NODE : name.toLowerCase();
}
