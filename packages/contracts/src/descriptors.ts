import { readFileSync } from 'node:fs';

/** The AsyncAPI 3 document of every topic, as JSON text. */
export const readAsyncapiDocument = (): string =>
  readFileSync(new URL('../src/generated/asyncapi.json', import.meta.url), 'utf8');

/** The whole contract as a serialised google.protobuf.FileDescriptorSet, for gRPC reflection. */
export const readDescriptorSet = (): Buffer =>
  readFileSync(new URL('../src/generated/descriptors.binpb', import.meta.url));
