import { createUserVerifier, issueAccessToken } from '@souk/comms/auth';
import { createHttpServer, strictObject, Type } from '@souk/comms/http';
import { createLogger, createMetrics } from '@souk/comms/telemetry';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { leanClient } from './lean-client.js';
import type { Peer } from './peer.js';

/** Ours with everything on: user's token, schemas, deadline, trace, limit, metrics, a line of log for each request. */
export const soukRest: Peer = {
  serve: async ({ port, keys }) => {
    const publicKey = createPublicKey(keys.user);
    const server = await createHttpServer({
      title: 'Echo',
      logger: createLogger({ service: 'echo', instance: 'echo-1', level: 'info' }),
      metrics: createMetrics(),
      verifyUser: createUserVerifier(() => publicKey),
    });
    const text = strictObject({ text: Type.String() });
    server.post('/echo', { schema: { body: text, response: { 200: text } } }, (request, reply) => {
      void reply.send(request.body);
    });
    await server.listen({ host: '127.0.0.1', port });
    return server;
  },
  connect: ({ port, keys }) => {
    const key = { kid: 'user', algorithm: 'RS256', privateKey: createPrivateKey(keys.user) } as const;
    const { token } = issueAccessToken(key, { id: 'user', roles: [], sessionId: 'session' });
    return Promise.resolve(
      leanClient(port, { authorization: `Bearer ${token}`, 'x-request-deadline-ms': '5000' }),
    );
  },
};
