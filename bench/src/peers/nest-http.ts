import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Text } from './echo-definition.js';
import { leanClient } from './lean-client.js';
import type { Peer } from './peer.js';

class EchoController {
  echo(text: Text): Text {
    return text;
  }
}
class EchoModule {
  readonly name = 'echo';
}

function decorate(): void {
  const descriptor = Object.getOwnPropertyDescriptor(EchoController.prototype, 'echo');
  if (!descriptor) return;
  Controller()(EchoController);
  Post('echo')(EchoController.prototype, 'echo', descriptor);
  HttpCode(200)(EchoController.prototype, 'echo', descriptor);
  Body()(EchoController.prototype, 'echo', 0);
  Module({ controllers: [EchoController] })(EchoModule);
}

/** NestJS as it comes, on its Fastify adapter. */
export const nestOnFastify: Peer = {
  serve: async ({ port }) => {
    decorate();
    // Nest declares its options as a class; what it takes is any object of that shape.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    const app = await NestFactory.create<NestFastifyApplication>(EchoModule, new FastifyAdapter(), {
      logger: false,
    });
    await app.listen(port, '127.0.0.1');
    return app;
  },
  connect: ({ port }) => Promise.resolve(leanClient(port)),
};
