import fastify from 'fastify';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Text } from './echo-definition.js';
import { leanClient } from './lean-client.js';
import type { Peer } from './peer.js';

export const echoSchema = {
  type: 'object',
  properties: { text: { type: 'string' } },
  required: ['text'],
} as const;

/** JSON in, JSON out, and nothing else. */
export const nodeHttp: Peer = {
  serve: async ({ port }) => {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { text } = JSON.parse(Buffer.concat(parts).toString()) as Text;
        const body = JSON.stringify({ text });
        response.writeHead(200, {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
        });
        response.end(body);
      });
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  },
  connect: ({ port }) => Promise.resolve(leanClient(port)),
};

/** Fastify with a schema for body and answer. */
export const bareFastify: Peer = {
  serve: async ({ port }) => {
    const server = fastify({ logger: false });
    const schema = { body: echoSchema, response: { 200: echoSchema } };
    server.post('/echo', { schema }, (request, reply) => {
      void reply.send(request.body);
    });
    await server.listen({ host: '127.0.0.1', port });
    return server;
  },
  connect: ({ port }) => Promise.resolve(leanClient(port)),
};
