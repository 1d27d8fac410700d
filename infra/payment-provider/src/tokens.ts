/** What a payment token makes the simulator do. The same tokens as in the public contract. */
export interface Behaviour {
  readonly verdict: 'authorized' | 'declined' | 'requires_action';
  readonly reason?: string;
  /** How the answer travels: at once, after a while, not at all, or only after two failures. */
  readonly answer?: 'slow' | 'lost' | 'flaky';
}

const behaviours: Readonly<Record<string, Behaviour>> = {
  tok_visa: { verdict: 'authorized' },
  tok_mastercard: { verdict: 'authorized' },
  tok_declined: { verdict: 'declined', reason: 'card declined' },
  tok_insufficient_funds: { verdict: 'declined', reason: 'insufficient funds' },
  tok_slow: { verdict: 'authorized', answer: 'slow' },
  tok_lost: { verdict: 'authorized', answer: 'lost' },
  tok_flaky: { verdict: 'authorized', answer: 'flaky' },
  tok_3ds: { verdict: 'requires_action' },
  tok_risky: { verdict: 'declined', reason: 'risk' },
};

export const behaviourOf = (token: string): Behaviour =>
  (Object.hasOwn(behaviours, token) ? behaviours[token] : undefined) ?? {
    verdict: 'declined',
    reason: 'invalid token',
  };
