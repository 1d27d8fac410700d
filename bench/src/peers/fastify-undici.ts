import fastify from 'fastify';
import { Pool } from 'undici';
import type { Peer } from './peer.js';

const schema = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } as const;

/** JSON over HTTP/1.1 at its leanest. */
export const fastifyUndici: Peer = {
  serve: async ({ port }) => {
    const server = fastify({ logger: false });
    server.post('/echo', { schema: { body: schema, response: { 200: schema } } }, (request, reply) => {
      void reply.send(request.body);
    });
    await server.listen({ host: '127.0.0.1', port });
    return server;
  },
  connect: ({ port }) => {
    const pool = new Pool(`http://127.0.0.1:${String(port)}`, { connections: 64, pipelining: 1 });
    const headers = { 'content-type': 'application/json' };
    return Promise.resolve(async (text) => {
      const body = JSON.stringify({ text });
      const answer = await pool.request({ path: '/echo', method: 'POST', headers, body });
      return answer.body.json();
    });
  },
};
