import { fieldsOf, flag, listOf, mapOf, number, type Shape, text, texts } from '../domain/filter/shape.js';

/** What filters may select, endpoint by endpoint: the fields of the rows that `serialise` makes. */
const indexes = { CreateIndex: number, ModifyIndex: number };
const weights = fieldsOf({ Passing: number, Warning: number });
const tagged = mapOf(fieldsOf({ Address: text, Port: number }));

const node = { ID: text, Node: text, Address: text, Datacenter: text, TaggedAddresses: mapOf(text) };

const service = {
  ID: text,
  Service: text,
  Tags: texts,
  Address: text,
  TaggedAddresses: tagged,
  Meta: mapOf(text),
  Port: number,
  Weights: weights,
  EnableTagOverride: flag,
  ...indexes,
};

const check = {
  Node: text,
  CheckID: text,
  Name: text,
  Status: text,
  Notes: text,
  Output: text,
  ServiceID: text,
  ServiceName: text,
  ServiceTags: texts,
  Type: text,
  Interval: text,
  Timeout: text,
  ...indexes,
};

export const nodeShape: Shape = fieldsOf({ ...node, Meta: mapOf(text), ...indexes });
export const serviceShape: Shape = fieldsOf({ ...service, Datacenter: text });
export const checkShape: Shape = fieldsOf(check);
export const healthShape: Shape = fieldsOf({
  Node: nodeShape,
  Service: fieldsOf(service),
  Checks: listOf(checkShape),
});
export const catalogServiceShape: Shape = fieldsOf({
  ...node,
  NodeMeta: mapOf(text),
  ServiceID: text,
  ServiceName: text,
  ServiceTags: texts,
  ServiceAddress: text,
  ServiceTaggedAddresses: tagged,
  ServiceWeights: weights,
  ServiceMeta: mapOf(text),
  ServicePort: number,
  ServiceEnableTagOverride: flag,
  ...indexes,
});
