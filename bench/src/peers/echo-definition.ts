// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- what is measured here is grpc-js itself
import type { MethodDefinition, ServiceClientConstructor, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';

export interface Text {
  readonly text: string;
}

export const protoPath = fileURLToPath(new URL('../../src/peers/echo.proto', import.meta.url));

const loaded = loadSync(protoPath, { defaults: true })['bench.Echo'] as unknown as ServiceDefinition;

export const echoService = loaded;
export const echoMethod = loaded['Echo'] as MethodDefinition<Text, Text>;
export type EchoClient = ServiceClientConstructor;
