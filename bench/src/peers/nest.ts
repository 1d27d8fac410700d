import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  GrpcMethod,
  MessagePattern,
  Transport,
  type ClientGrpc,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { firstValueFrom, type Observable } from 'rxjs';
import { protoPath, type Text } from './echo-definition.js';
import type { Peer } from './peer.js';

class EchoController {
  overTcp(text: Text): Text {
    return text;
  }

  overGrpc(text: Text): Text {
    return text;
  }
}
class EchoModule {
  readonly name = 'echo';
}

function decorate(): void {
  const decorated = (name: 'overTcp' | 'overGrpc', decorator: MethodDecorator) => {
    const descriptor = Object.getOwnPropertyDescriptor(EchoController.prototype, name);
    if (descriptor) decorator(EchoController.prototype, name, descriptor);
  };
  Controller()(EchoController);
  decorated('overTcp', MessagePattern('echo'));
  decorated('overGrpc', GrpcMethod('Echo', 'Echo'));
  Module({ controllers: [EchoController] })(EchoModule);
}

const grpcOptions = (port: number) => ({
  package: 'bench',
  protoPath,
  url: `127.0.0.1:${String(port)}`,
});

async function serve(options: MicroserviceOptions): Promise<unknown> {
  decorate();
  // Nest declares its options as a class; what it takes is any object of that shape.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(EchoModule, {
    ...options,
    logger: false,
  });
  await app.listen();
  return app;
}

export const nestTcp: Peer = {
  serve: ({ port }) => serve({ transport: Transport.TCP, options: { host: '127.0.0.1', port } }),
  connect: async ({ port }) => {
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    await client.connect();
    return (text) => firstValueFrom(client.send<Text, Text>('echo', { text }));
  },
};

export const nestGrpc: Peer = {
  serve: ({ port }) => serve({ transport: Transport.GRPC, options: grpcOptions(port) }),
  connect: ({ port }) => {
    const client = ClientProxyFactory.create({ transport: Transport.GRPC, options: grpcOptions(port) });
    const echo = (client as unknown as ClientGrpc).getService<{ echo(text: Text): Observable<Text> }>('Echo');
    return Promise.resolve((text) => firstValueFrom(echo.echo({ text })));
  },
};
