import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { Client, credentials } from '@grpc/grpc-js';
import type { MessageType } from '../grpc/index.js';

/** A message of one string, as ts-proto would generate it. */
export interface Text {
  readonly text: string;
}

const wireTypes = [WireType.Varint, WireType.Bit64, WireType.LengthDelimited];

const wireTypeOf = (tag: number): WireType => wireTypes[tag & 7] ?? WireType.Bit32;

const textType: MessageType<Text> = {
  encode: ({ text }, writer = new BinaryWriter()) => writer.uint32(10).string(text),
  decode: (input) => {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    let text = '';
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag >>> 3 === 1) text = reader.string();
      else reader.skip(wireTypeOf(tag));
    }
    return { text };
  },
};

const method = <N extends string, O extends { idempotencyLevel?: 'NO_SIDE_EFFECTS' | 'IDEMPOTENT' }>(
  name: N,
  options: O,
) => ({
  name,
  requestType: textType,
  requestStream: false,
  responseType: textType,
  responseStream: false,
  options,
});

/** `ask` may be repeated, `order` may not. */
export const toyService = {
  name: 'ToyService',
  fullName: 'toy.v1.ToyService',
  methods: {
    ask: method('Ask', { idempotencyLevel: 'NO_SIDE_EFFECTS' }),
    order: method('Order', {}),
  },
} as const;

/** The toy service as a serialised FileDescriptorSet. */
export const toyDescriptors = Buffer.from(
  toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, {
      file: [
        {
          name: 'toy/v1/toy.proto',
          package: 'toy.v1',
          syntax: 'proto3',
          messageType: [
            {
              name: 'Text',
              field: [
                {
                  name: 'text',
                  number: 1,
                  type: FieldDescriptorProto_Type.STRING,
                  label: FieldDescriptorProto_Label.OPTIONAL,
                  jsonName: 'text',
                },
              ],
            },
          ],
          service: [
            {
              name: 'ToyService',
              method: ['Ask', 'Order'].map((name) => ({
                name,
                inputType: '.toy.v1.Text',
                outputType: '.toy.v1.Text',
              })),
            },
          ],
        },
      ],
    }),
  ),
);

/** Names that a server's reflection (grpc.reflection.v1) lists. */
export async function servicesAt(address: string): Promise<string[]> {
  const client = new Client(address, credentials.createInsecure());
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const call = client.makeBidiStreamRequest(path, (bytes: Buffer) => bytes, namesIn);
  try {
    return await new Promise<string[]>((resolve, reject) => {
      call.once('data', resolve);
      call.once('error', reject);
      // ServerReflectionRequest.list_services = 7
      call.write(Buffer.from(new BinaryWriter().uint32(58).string('').finish()));
    });
  } finally {
    call.end();
    client.close();
  }
}

/** ServerReflectionResponse.list_services_response = 6, in it service = 1, in it name = 1. */
function namesIn(response: Buffer): string[] {
  return membersOf(response, 6)
    .flatMap((list) => membersOf(list, 1))
    .flatMap((service) => membersOf(service, 1))
    .map((name) => Buffer.from(name).toString());
}

function membersOf(bytes: Uint8Array, field: number): Uint8Array[] {
  const reader = new BinaryReader(bytes);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === field) found.push(reader.bytes());
    else reader.skip(wireTypeOf(tag));
  }
  return found;
}
