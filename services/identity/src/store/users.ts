import { ServiceError } from '@souk/comms/errors';
import { caused, createMessage, isDuplicate, write } from '@souk/comms/outbox';
import { UserRegistered } from '@souk/contracts/identity/v1/events';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
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

const columns = 'id, email, name, roles, created_at, password_hash';

/** @param onWritten told after each write, so that what it made goes out at once */
export function createUsers(pool: pg.Pool, onWritten: () => void): Users {
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
      onWritten();
      return { id, email, name, roles: [...roles], createdAt: createdAt.toISOString() };
    },
    find: async (id) => {
      const { rows } = await pool.query<Row>({
        name: 'user/find',
        text: `select ${columns} from users where id = $1`,
        values: [id],
      });
      return rows[0] && viewOf(rows[0]);
    },
    withPassword: async (email) => {
      const { rows } = await pool.query<Row>({
        name: 'user/by-email',
        text: `select ${columns} from users where email_key = $1`,
        values: [emailKeyOf(email)],
      });
      return rows[0] && { ...viewOf(rows[0]), passwordHash: rows[0].password_hash };
    },
    setPassword: async (id, passwordHash) => {
      await pool.query('update users set password_hash = $2 where id = $1', [id, passwordHash]);
    },
    list: async ({ before, limit }) => {
      const { rows } = await pool.query<Row>({
        name: 'user/list',
        text: `select ${columns} from users where $1::uuid is null or id < $1 order by id desc limit $2`,
        values: [before, limit],
      });
      return rows.map(viewOf);
    },
  };
}

interface Row {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: string[];
  readonly created_at: Date;
  readonly password_hash: string;
}

const viewOf = ({ id, email, name, roles, created_at }: Row): User => ({
  id,
  email,
  name,
  roles,
  createdAt: created_at.toISOString(),
});

const isTakenEmail = (error: unknown): boolean => isDuplicate(error, 'users_email_key_key');
