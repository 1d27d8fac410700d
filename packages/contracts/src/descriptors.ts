import { readFileSync } from 'node:fs';

/** The whole contract as a serialised google.protobuf.FileDescriptorSet, for gRPC reflection. */
export const readDescriptorSet = (): Buffer =>
  readFileSync(new URL('../src/generated/descriptors.binpb', import.meta.url));
