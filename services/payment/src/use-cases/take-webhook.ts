import { ServiceError } from '@souk/comms/errors';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { verifySignature } from './signature.js';
import type { ProviderEvents } from '../store/provider-events.js';

export interface TakeWebhookDeps {
  readonly providerEvents: ProviderEvents;
  /** The present secret, and during a rotation the one before. */
  readonly secrets: readonly string[];
  readonly poke: () => void;
}

const uuid = Type.String({ pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' });
const webhook = Type.Object({
  events: Type.Array(
    Type.Object({
      id: Type.String({ minLength: 1, maxLength: 100 }),
      paymentId: uuid,
      type: Type.String({ maxLength: 50 }),
    }),
    { minItems: 1, maxItems: 1000 },
  ),
});

/**
 * Keeps what the provider tells. It sets no state by itself: it makes the worker ask the provider.
 * @throws `unauthenticated` for a signature that is missing, wrong or too old; `invalid_argument` for another body
 */
export async function takeWebhook(
  deps: TakeWebhookDeps,
  body: Buffer,
  signature: string | undefined,
): Promise<void> {
  const isGenuine = verifySignature(body, signature ?? '', {
    secrets: deps.secrets,
    nowSeconds: Date.now() / 1000,
  });
  if (!isGenuine)
    throw new ServiceError('unauthenticated', 'The signature does not fit the body and the present time.');
  const told = parse(body);
  if (!Value.Check(webhook, told))
    throw new ServiceError('invalid_argument', 'The body is not a list of events.');
  if (await deps.providerEvents.keep(told.events)) deps.poke();
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new ServiceError('invalid_argument', 'The body is not valid JSON.', { cause: error });
  }
}
