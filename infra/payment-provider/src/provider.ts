import { timingSafeEqual } from 'node:crypto';
import fastify from 'fastify';
import type { Movement } from './book.js';
import { createBook } from './book.js';
import type { ProviderConfig } from './config.js';
import { openJournal } from './journal.js';
import { addLies } from './lies.js';
import { createOperations } from './operations.js';
import { addRoutes, type ProviderServer } from './routes.js';
import { createWebhooks } from './webhooks.js';

export interface Provider {
  /** Listens. @returns the address of its API */
  start(): Promise<{ readonly url: string }>;
  stop(): Promise<void>;
}

/** A payment provider as a bank would run it, but for the money. What it did survives its process. */
export function createProvider(config: ProviderConfig): Provider {
  const book = createBook();
  const { journal, entries } = openJournal(config.dataDir);
  const told = new Set<string>();
  for (const entry of entries) {
    if ('movement' in entry) book.apply(entry.movement);
    else for (const id of entry.told) told.add(id);
  }
  const webhooks = createWebhooks({
    url: config.webhookUrl,
    secret: config.webhookSecret,
    onTold: (ids) => {
      journal.append({ told: ids });
    },
  });
  const operations = createOperations(book, (movement: Movement) => {
    journal.append({ movement });
    webhooks.tell(movement);
    return book.apply(movement);
  });
  const server = fastify({ logger: false, forceCloseConnections: true }) as unknown as ProviderServer;
  const expected = Buffer.from(`Bearer ${config.apiKey}`);
  server.addHook('onRequest', (request, reply, done) => {
    const given = Buffer.from(request.headers.authorization ?? '');
    const isOpen = request.url === '/health/live';
    if (isOpen || (given.length === expected.length && timingSafeEqual(given, expected))) done();
    else
      void reply.code(401).send({ code: 'unauthenticated', message: 'Send your API key as a bearer token.' });
  });
  server.get('/health/live', () => ({ status: 'ok' }));
  if (config.lieRate > 0) addLies(server, config.lieRate);
  addRoutes(server, { book, operations });

  return {
    start: async () => {
      const url = await server.listen({ host: config.host, port: config.port });
      for (const movement of book.movements()) if (!told.has(movement.id)) webhooks.tell(movement);
      return { url };
    },
    stop: async () => {
      operations.stop();
      await server.close();
      await webhooks.stop();
      journal.close();
    },
  };
}
