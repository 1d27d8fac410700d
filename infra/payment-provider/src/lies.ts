import type { ProviderServer } from './routes.js';

const lies = ['error', 'torn', 'other amount', 'other payment', 'refusal'] as const;

/**
 * Makes a share of the answers about authorizations false, once what was asked has been done: 500, half of the JSON,
 * another amount, another payment, or a conflict that never was. What is told by webhook and statement stays true.
 *
 * @param rate of the answers, 0 to 1
 */
export function addLies(server: ProviderServer, rate: number): void {
  server.addHook('onSend', (request, reply, payload) => {
    const isAnswer = request.url.startsWith('/v1/authorizations') && reply.statusCode === 200;
    if (!isAnswer || typeof payload !== 'string' || Math.random() >= rate) return Promise.resolve(payload);
    const lie = lies[Math.floor(Math.random() * lies.length)];
    const truth = JSON.parse(payload) as { amount: number; paymentId: string };
    if (lie === 'error') reply.code(500);
    if (lie === 'refusal') reply.code(409);
    return Promise.resolve(liesTold[lie ?? 'error'](payload, truth));
  });
}

const json = JSON.stringify;
const liesTold: Readonly<
  Record<(typeof lies)[number], (payload: string, truth: { amount: number; paymentId: string }) => string>
> = {
  error: () => json({ code: 'internal', message: 'Something went wrong.' }),
  torn: (payload) => payload.slice(0, payload.length / 2),
  'other amount': (_, truth) => json({ ...truth, amount: truth.amount + 1 }),
  'other payment': (_, truth) => json({ ...truth, paymentId: `${truth.paymentId}x` }),
  refusal: () => json({ code: 'conflict', message: 'Not possible in the present state.' }),
};
