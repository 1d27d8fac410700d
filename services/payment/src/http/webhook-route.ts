import type { HttpServer } from '@souk/comms/http';
import { takeWebhook, type TakeWebhookDeps } from '../use-cases/take-webhook.js';

/** The provider's webhooks, in a scope whose bodies stay bytes: the signature is over them. */
export function addWebhookRoute(server: HttpServer, deps: TakeWebhookDeps): void {
  void server.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => {
      parsed(null, body);
    });
    scope.post(
      '/api/payments/webhooks/provider',
      { config: { access: 'self-authenticated' } },
      async (request, reply) => {
        const signature = request.headers['souk-signature'];
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        await takeWebhook(deps, body, typeof signature === 'string' ? signature : undefined);
        return reply.code(204).send();
      },
    );
    done();
  });
}
