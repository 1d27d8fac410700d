import { issueAccessToken } from '@souk/comms/auth';
import { ServiceError } from '@souk/comms/errors';
import { emailKeyOf } from '../domain/user.js';
import type { OpenedSession, Sessions } from '../store/sessions.js';
import type { SigningKeys } from '../store/signing-keys.js';
import type { Users } from '../store/users.js';
import type { Passwords } from './passwords.js';

export interface SessionDeps {
  readonly users: Users;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly keys: SigningKeys;
  readonly triesPerMinute: number;
}

export interface SessionTokens {
  readonly accessToken: string;
  readonly tokenType: 'Bearer';
  readonly expiresIn: number;
  readonly refreshToken: string;
}

/** @throws `unauthenticated` for a wrong address or password alike; `too_many_requests` */
export async function signIn(
  deps: SessionDeps,
  { email, password }: { email: string; password: string },
): Promise<SessionTokens> {
  const wait = await deps.sessions.countTry(emailKeyOf(email), deps.triesPerMinute);
  if (wait !== undefined) {
    throw new ServiceError('too_many_requests', 'Too many sign-ins for this account: wait a minute.', {
      retryAfterSeconds: wait,
    });
  }
  const user = await deps.users.withPassword(email);
  const isRight = await deps.passwords.matches(user?.passwordHash, password);
  if (!user || !isRight) throw new ServiceError('unauthenticated', 'The address or the password is wrong.');
  return tokensFor(deps, await deps.sessions.open(user.id), user.roles);
}

/** @throws `unauthenticated` when the token is unknown, spent or expired; a spent one ends its whole family */
export async function refreshSession(deps: SessionDeps, refreshToken: string): Promise<SessionTokens> {
  const session = await deps.sessions.rotate(refreshToken);
  const user = session && (await deps.users.find(session.userId));
  if (!user)
    throw new ServiceError('unauthenticated', 'The refresh token is not valid any more: sign in again.');
  return tokensFor(deps, session, user.roles);
}

function tokensFor({ keys }: SessionDeps, session: OpenedSession, roles: readonly string[]): SessionTokens {
  const { sessionId, userId, refreshToken } = session;
  const { token, expiresInSeconds } = issueAccessToken(keys.current(), { id: userId, roles, sessionId });
  return { accessToken: token, tokenType: 'Bearer', expiresIn: expiresInSeconds, refreshToken };
}
