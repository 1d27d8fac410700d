import type { Role } from '../domain/user.js';
import type { Users } from '../store/users.js';
import type { Passwords } from './passwords.js';

export interface SeedUser {
  readonly email: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Empty: leave this account as it is. */
  readonly password: string;
}

/** Makes the accounts of the demonstration, or gives them the passwords that were set. */
export async function seedUsers(
  deps: { users: Users; passwords: Passwords },
  seeds: readonly SeedUser[],
): Promise<void> {
  for (const { email, name, roles, password } of seeds) {
    if (password === '') continue;
    const user = await deps.users.withPassword(email);
    if (!user) {
      await deps.users.insert({ email, name, roles, passwordHash: await deps.passwords.hash(password) });
    } else if (!(await deps.passwords.matches(user.passwordHash, password))) {
      await deps.users.setPassword(user.id, await deps.passwords.hash(password));
    }
  }
}
