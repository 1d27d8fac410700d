import { ServiceError } from '@souk/comms/errors';
import { caused, createMessage, write } from '@souk/comms/outbox';
import { UserRegistered } from '@souk/contracts/identity/v1/events';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { PrismaClient } from '../generated/prisma/client.js';
import { emailKeyOf, type Role, type User } from '../domain/user.js';

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly roles: readonly Role[];
}

export interface Users {
  /** @throws `already_exists` when the address is taken, in any case */
  insert(user: NewUser): Promise<User>;
  find(id: string): Promise<User | undefined>;
  withPassword(email: string): Promise<(User & { readonly passwordHash: string }) | undefined>;
  setPassword(id: string, passwordHash: string): Promise<void>;
  /** Newest first; `before` is the last id of the page before. */
  list(query: { before?: string; limit: number }): Promise<User[]>;
}

export function createUsers(deps: { pool: pg.Pool; prisma: PrismaClient; onWritten: () => void }): Users {
  const { pool, prisma } = deps;
  return {
    insert: async ({ email, name, passwordHash, roles }) => {
      const id = uuidv7();
      const createdAt = new Date();
      try {
        await write(pool, {
          name: 'user/insert',
          cause: { kind: 'internal' },
          effects: [
            (bind) => `insert into users (id, email, email_key, name, password_hash, roles, created_at)
              select ${bind(id)}::uuid, ${bind(email)}::text, ${bind(emailKeyOf(email))}::text, ${bind(name)}::text,
                ${bind(passwordHash)}::text, ${bind(roles)}::text[], ${bind(createdAt)}::timestamptz where ${caused}`,
          ],
          messages: [
            createMessage({
              topic: 'identity.events.v1',
              subject: id,
              version: 1,
              type: 'souk.identity.v1.UserRegistered',
              payload: UserRegistered.encode({ userId: id, roles: [...roles] }).finish(),
            }),
          ],
        });
      } catch (error) {
        if (isTakenEmail(error)) {
          throw new ServiceError(
            'already_exists',
            'There is an account with this address already: sign in.',
            { cause: error },
          );
        }
        throw error;
      }
      deps.onWritten();
      return { id, email, name, roles: [...roles], createdAt: createdAt.toISOString() };
    },
    find: async (id) => {
      const row = await prisma.user.findUnique({ where: { id } });
      return row ? viewOf(row) : undefined;
    },
    withPassword: async (email) => {
      const row = await prisma.user.findUnique({ where: { emailKey: emailKeyOf(email) } });
      return row ? { ...viewOf(row), passwordHash: row.passwordHash } : undefined;
    },
    setPassword: async (id, passwordHash) => {
      await prisma.user.update({ where: { id }, data: { passwordHash } });
    },
    list: async ({ before, limit }) => {
      const where = before === undefined ? {} : { id: { lt: before } };
      return (await prisma.user.findMany({ where, orderBy: { id: 'desc' }, take: limit })).map(viewOf);
    },
  };
}

type UserRow = NonNullable<Awaited<ReturnType<PrismaClient['user']['findUnique']>>>;

const viewOf = ({ id, email, name, roles, createdAt }: UserRow): User => ({
  id,
  email,
  name,
  roles,
  createdAt: createdAt.toISOString(),
});

const isTakenEmail = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'constraint' in error &&
  error.constraint === 'users_email_key_key';
