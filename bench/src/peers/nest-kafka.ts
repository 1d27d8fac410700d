import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientKafka,
  EventPattern,
  Payload,
  Transport,
  type KafkaOptions,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { createArrivals } from './arrivals.js';
import type { Peer } from './peer.js';
import { placeIn } from './place-in.js';

const topic = 'bench.nest';
const arrivals = createArrivals();

interface Said {
  readonly id: string;
  readonly text: string;
}

class HearingController {
  heard({ id }: Said): void {
    arrivals.came(id);
  }
}
class HearingModule {
  readonly name = 'hearing';
}

function decorate(): void {
  const descriptor = Object.getOwnPropertyDescriptor(HearingController.prototype, 'heard');
  Controller()(HearingController);
  if (descriptor) EventPattern(topic)(HearingController.prototype, 'heard', descriptor);
  Payload()(HearingController.prototype, 'heard', 0);
  Module({ controllers: [HearingController] })(HearingModule);
}

/** NestJS over Kafka: an event is emitted, until its handler has it. */
export const nestKafka: Peer = {
  serve: () => Promise.resolve(undefined),
  connect: async (setup) => {
    const brokers = new URL(placeIn(setup, 'events')).host.split(',');
    const options: NonNullable<KafkaOptions['options']> = {
      client: { clientId: 'nest', brokers, logCreator: () => () => undefined },
      consumer: { groupId: 'nest' },
      subscribe: { fromBeginning: true },
    };
    decorate();
    // Nest declares its options as a class; what it takes is any object of that shape.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(HearingModule, {
      transport: Transport.KAFKA,
      options,
      logger: false,
    });
    await app.listen();
    const client = new ClientKafka({ ...options, producerOnlyMode: true });
    await client.connect();
    return async (text) => {
      const said: Said = { id: randomUUID(), text };
      const arrival = arrivals.of(said.id);
      await firstValueFrom(client.emit(topic, { key: said.id, value: said }));
      await arrival;
    };
  },
};
