import { createFileRegistry, fromBinary, toJson, type JsonValue, type Registry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { readDescriptorSet } from './descriptors.js';

let registry: Registry | undefined;

/**
 * An event as ProtoJSON, whatever its type.
 * @param type full name of its message: its `ce_type`
 * @returns undefined when the contract has no such type, or the payload is none of it
 */
export function readEvent(type: string, payload: Uint8Array): JsonValue | undefined {
  registry ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, readDescriptorSet()));
  const message = registry.getMessage(type);
  if (!message) return undefined;
  try {
    return toJson(message, fromBinary(message, payload), { registry });
  } catch {
    return undefined;
  }
}
