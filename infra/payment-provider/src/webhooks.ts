import { createHmac } from 'node:crypto';
import { Agent, RetryAgent } from 'undici';
import type { Movement } from './book.js';

const mostPerPost = 100;
const againAfterMs = 2000;

/** Tells the merchant of movements, several in one POST, each at least once. */
export interface Webhooks {
  tell(movement: Movement): void;
  stop(): Promise<void>;
}

export interface WebhookOptions {
  readonly url: string;
  readonly secret: string;
  /** The merchant has stored these. */
  readonly onTold: (ids: readonly string[]) => void;
}

/** `t=<Unix seconds>,v1=<hex HMAC-SHA256 over "t.body">`, the form that Stripe made common. */
export function signatureOf(secret: string, body: string, atSeconds: number): string {
  const mac = createHmac('sha256', secret)
    .update(`${String(atSeconds)}.${body}`)
    .digest('hex');
  return `t=${String(atSeconds)},v1=${mac}`;
}

/** One POST at a time; what happens meanwhile goes with the next. Undelivered events wait for the next attempt. */
export function createWebhooks({ url, secret, onTold }: WebhookOptions): Webhooks {
  const agent = new RetryAgent(new Agent({ connections: 1 }), {
    maxRetries: 5,
    minTimeout: 250,
    timeoutFactor: 2,
    methods: ['POST'],
    statusCodes: [404, 429, 500, 502, 503, 504],
    throwOnError: false,
  });
  const stopping = new AbortController();
  const waiting: Movement[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;

  const post = async (movements: readonly Movement[]): Promise<boolean> => {
    const events = movements.map(({ id, kind, authorizationId, paymentId, at }) => ({
      id,
      type: kind,
      authorizationId,
      paymentId,
      at,
    }));
    const body = JSON.stringify({ events });
    const target = new URL(url);
    try {
      const answer = await agent.request({
        origin: target.origin,
        path: target.pathname + target.search,
        method: 'POST',
        body,
        signal: stopping.signal,
        headersTimeout: 5000,
        headers: {
          'content-type': 'application/json',
          'souk-signature': signatureOf(secret, body, Math.floor(Date.now() / 1000)),
        },
      });
      await answer.body.dump();
      return answer.statusCode < 300;
    } catch {
      return false;
    }
  };
  const drain = async () => {
    while (waiting.length > 0 && !stopping.signal.aborted) {
      const batch = waiting.slice(0, mostPerPost);
      if (!(await post(batch))) {
        timer = setTimeout(wake, againAfterMs);
        return;
      }
      waiting.splice(0, batch.length);
      onTold(batch.map(({ id }) => id));
    }
  };
  const wake = () => {
    clearTimeout(timer);
    timer = undefined;
    sending ??= drain().finally(() => {
      sending = undefined;
    });
  };
  return {
    tell: (movement) => {
      if (url === '') return;
      waiting.push(movement);
      if (timer === undefined) wake();
    },
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await sending;
      clearTimeout(timer);
      await agent.destroy();
    },
  };
}
