import { randomUUID } from 'node:crypto';
import { call, newPerson, type System } from '@souk/testkit';
import { orderOf } from './shop.js';

export interface Load {
  /** How many requests were answered so far. */
  readonly answered: () => number;
  /** Ends it. @returns what was asked and how each failed; nothing when none did */
  stop(): Promise<string[]>;
}

const workers = 4;

/** Customers who look at products and place orders, through the gateway, until they are told to stop. */
export async function startLoad(system: System, productId: string): Promise<Load> {
  const { accessToken: token } = await newPerson(system);
  const failures: string[] = [];
  let answered = 0;
  let running = true;
  const turns = [
    () => call(system.url, 'GET /api/products?limit=5'),
    () => call(system.url, `GET /api/products/${productId}`),
    () =>
      call(system.url, 'POST /api/orders', { token, body: orderOf(productId), idempotencyKey: randomUUID() }),
    () => call(system.url, 'GET /api/orders?limit=5', { token }),
    () => call(system.url, 'GET /api/payments?limit=5', { token }),
    () => call(system.url, 'GET /.well-known/jwks.json'),
    () => call(system.url, 'GET /openapi.json'),
  ];
  const work = async (offset: number): Promise<void> => {
    for (let turn = offset; running; turn += 1) {
      const ask = turns[turn % turns.length];
      const outcome = await ask?.().then(
        ({ status, body }) =>
          status < 500 && status !== 429 ? '' : `${String(status)} ${JSON.stringify(body)}`,
        (error: unknown) => String(error instanceof Error ? (error.cause ?? error) : error),
      );
      if (outcome)
        failures.push(`${new Date().toISOString()} turn ${String(turn % turns.length)}: ${outcome}`);
      else answered += 1;
    }
  };
  const working = Promise.all(Array.from({ length: workers }, (_, index) => work(index)));
  return {
    answered: () => answered,
    stop: async () => {
      running = false;
      await working;
      return failures;
    },
  };
}
