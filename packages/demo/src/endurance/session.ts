import type { Tokens } from '@souk/testkit';
import type { Account } from '../api/open-shop.js';
import type { Asks } from './asks.js';

/** A customer's tokens, kept fresh. */
export interface Session {
  /** An access token that lives on for a while; undefined when identity gave none, which is counted as failed. */
  token(): Promise<string | undefined>;
}

/** An access token is good for what begins now if it has as long to live. */
const freshForMs = 90_000;
/** Then the customer signs in anew, in place of refreshing. */
const refreshesPerSignIn = 3;

export function openSession(asks: Asks, account: Account): Session {
  let tokens: (Tokens & { readonly endsAtMs: number }) | undefined;
  let refreshes = 0;
  let renewing: Promise<void> | undefined;

  const renew = async (): Promise<void> => {
    const isRefresh = tokens !== undefined && refreshes < refreshesPerSignIn;
    refreshes = isRefresh ? refreshes + 1 : 0;
    const answer = await asks.ask<Tokens>(
      isRefresh
        ? {
            kind: 'refresh',
            target: 'POST /api/sessions/refresh',
            expect: [201],
            body: { refreshToken: tokens?.refreshToken },
          }
        : { kind: 'sign in', target: 'POST /api/sessions', expect: [201], body: account },
    );
    tokens = answer && { ...answer.body, endsAtMs: Date.now() + answer.body.expiresIn * 1000 };
  };
  return {
    token: async () => {
      // Of several who want it at once one renews it: a refresh token that is used twice ends the session.
      if (tokens === undefined || tokens.endsAtMs - Date.now() < freshForMs)
        await (renewing ??= renew().finally(() => (renewing = undefined)));
      return tokens?.accessToken;
    },
  };
}
