import { randomUUID } from 'node:crypto';
import type { System } from '../system.js';
import { call, expectStatus } from './call.js';

export interface Tokens {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
}

export interface Person extends Tokens {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** Registers somebody new and signs in. */
export async function newPerson(system: System): Promise<Person> {
  const email = `${randomUUID()}@test.souk`;
  const password = randomUUID();
  const { body } = await expectStatus(
    201,
    call<{ id: string }>(system.url, 'POST /api/users', { body: { email, password, name: 'Test person' } }),
  );
  return { id: body.id, email, password, ...(await signIn(system, { email, password })) };
}

export async function signIn(system: System, person: { email: string; password: string }): Promise<Tokens> {
  const { email, password } = person;
  return (
    await expectStatus(201, call<Tokens>(system.url, 'POST /api/sessions', { body: { email, password } }))
  ).body;
}

/** An access token of the administrator. */
export const adminToken = async (system: System): Promise<string> =>
  (await signIn(system, { email: 'admin@souk.test', password: system.adminPassword })).accessToken;
