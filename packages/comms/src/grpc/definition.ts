import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** Encoder and decoder of one protobuf message, as ts-proto generates them. */
export interface MessageType<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

/** A service as ts-proto's `outputServices=generic-definitions` describes it. */
export interface ServiceDefinition {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

export interface MethodDefinition {
  readonly name: string;
  // The generated codecs are invariant in their message type, so no common type but this one fits them all.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly requestType: MessageType<any>;
  readonly requestStream: boolean;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly responseType: MessageType<any>;
  readonly responseStream: boolean;
  readonly options: { readonly idempotencyLevel?: 'NO_SIDE_EFFECTS' | 'IDEMPOTENT' };
}

export type RequestOf<M> = M extends { requestType: MessageType<infer T> } ? T : never;
export type ResponseOf<M> = M extends { responseType: MessageType<infer T> } ? T : never;

export const pathOf = (service: ServiceDefinition, method: MethodDefinition): string =>
  `/${service.fullName}/${method.name}`;

/** Names of the semantic conventions for RPC spans and metrics. */
export const attributesOf = (
  service: ServiceDefinition,
  method: MethodDefinition,
): Record<string, string> => ({
  'rpc.system': 'grpc',
  'rpc.service': service.fullName,
  'rpc.method': method.name,
});

export const identity = (bytes: Buffer): Buffer => bytes;

export const encode = <T>(type: MessageType<T>, message: T): Buffer => {
  const bytes = type.encode(message).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};
