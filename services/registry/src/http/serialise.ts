import { formatDuration } from '../domain/durations.js';
import type { CheckRecord, NodeRecord, ServiceRecord } from '../domain/shapes.js';
import type { Catalog } from '../store/catalog.js';

/** Records as Consul's clients read them. */
export function nodeJson(node: NodeRecord) {
  return {
    ID: node.id,
    Node: node.name,
    Address: node.address,
    Datacenter: node.datacenter,
    TaggedAddresses: node.taggedAddresses,
    Meta: node.meta,
    CreateIndex: node.createIndex,
    ModifyIndex: node.modifyIndex,
  };
}

export function serviceJson(service: ServiceRecord) {
  return {
    ID: service.id,
    Service: service.name,
    Tags: service.tags,
    Address: service.address,
    TaggedAddresses: taggedJson(service),
    Meta: service.meta,
    Port: service.port,
    Weights: weightsJson(service),
    EnableTagOverride: service.enableTagOverride,
    CreateIndex: service.createIndex,
    ModifyIndex: service.modifyIndex,
  };
}

/** The flat form of `catalog/service`. */
export function catalogServiceJson(node: NodeRecord, service: ServiceRecord) {
  return {
    ID: node.id,
    Node: node.name,
    Address: node.address,
    Datacenter: node.datacenter,
    TaggedAddresses: node.taggedAddresses,
    NodeMeta: node.meta,
    ServiceID: service.id,
    ServiceName: service.name,
    ServiceTags: service.tags,
    ServiceAddress: service.address,
    ServiceTaggedAddresses: taggedJson(service),
    ServiceWeights: weightsJson(service),
    ServiceMeta: service.meta,
    ServicePort: service.port,
    ServiceEnableTagOverride: service.enableTagOverride,
    CreateIndex: service.createIndex,
    ModifyIndex: service.modifyIndex,
  };
}

export function checkJson(catalog: Catalog, check: CheckRecord) {
  const service = check.serviceId === '' ? undefined : catalog.service(check.node, check.serviceId);
  const { probe } = check;
  const timed = 'intervalMs' in probe ? probe : undefined;
  return {
    Node: catalog.node(check.node)?.name ?? check.node,
    CheckID: check.id,
    Name: check.name,
    Status: check.status,
    Notes: check.notes,
    Output: check.output,
    ServiceID: check.serviceId,
    ServiceName: service?.name ?? '',
    ServiceTags: service?.tags ?? [],
    Type: check.type,
    Interval: timed === undefined ? '' : formatDuration(timed.intervalMs),
    Timeout: timed === undefined ? '' : formatDuration(timed.timeoutMs),
    ExposedPort: 0,
    Definition: {},
    CreateIndex: check.createIndex,
    ModifyIndex: check.modifyIndex,
  };
}

function weightsJson({ weights }: ServiceRecord) {
  return { Passing: weights.passing, Warning: weights.warning };
}

function taggedJson({ taggedAddresses }: ServiceRecord) {
  const entries = Object.entries(taggedAddresses).map(
    ([tag, { address, port }]) => [tag, { Address: address, Port: port }] as const,
  );
  return Object.fromEntries(entries);
}
