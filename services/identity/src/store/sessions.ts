import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';

const refreshDays = 30;

export interface OpenedSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly refreshToken: string;
}

/** Refresh tokens: opaque, kept as hashes, good for one use. */
export interface Sessions {
  open(userId: string): Promise<OpenedSession>;
  /** Uses a token up for a new one. A token used before revokes its whole family. @returns undefined when refused */
  rotate(refreshToken: string): Promise<OpenedSession | undefined>;
  revoke(sessionId: string): Promise<void>;
  /** Counts a try to sign in. @returns seconds to wait when there were too many this minute */
  countTry(account: string, mostPerMinute: number): Promise<number | undefined>;
  purge(): Promise<void>;
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
const newToken = (): string => randomBytes(32).toString('base64url');
const expiry = `now() + interval '${String(refreshDays)} days'`;

export function createSessions(pool: pg.Pool): Sessions {
  const revoke = async (sessionId: string) => {
    await pool.query('update session set revoked_at = now() where id = $1 and revoked_at is null', [
      sessionId,
    ]);
  };
  return {
    open: async (userId) => {
      const refreshToken = newToken();
      const sessionId = uuidv7();
      await pool.query({
        name: 'session/open',
        text: `with opened as (insert into session (id, user_id) values ($1, $2) returning id)
          insert into refresh_token (hash, session_id, expires_at) select $3, id, ${expiry} from opened`,
        values: [sessionId, userId, hashOf(refreshToken)],
      });
      return { sessionId, userId, refreshToken };
    },
    rotate: async (presented) => {
      const refreshToken = newToken();
      const { rows } = await pool.query<{ session_id: string; user_id: string }>({
        name: 'session/rotate',
        text: `with used as (
            update refresh_token t set used_at = now() from session s
            where t.hash = $1 and t.used_at is null and t.expires_at > now() and s.id = t.session_id and s.revoked_at is null
            returning t.session_id, s.user_id
          ), issued as (
            insert into refresh_token (hash, session_id, expires_at) select $2, session_id, ${expiry} from used
          )
          select session_id, user_id from used`,
        values: [hashOf(presented), hashOf(refreshToken)],
      });
      const [row] = rows;
      if (row) return { sessionId: row.session_id, userId: row.user_id, refreshToken };
      const used = await pool.query<{ session_id: string }>(
        'select session_id from refresh_token where hash = $1 and used_at is not null',
        [hashOf(presented)],
      );
      if (used.rows[0]) await revoke(used.rows[0].session_id);
      return undefined;
    },
    revoke,
    countTry: async (account, mostPerMinute) => {
      const { rows } = await pool.query<{ tries: number; wait: number }>({
        name: 'session/count-try',
        text: `insert into sign_in_window as w (account, started_at, tries) values ($1, now(), 1)
          on conflict (account) do update set
            tries = case when w.started_at < now() - interval '1 minute' then 1 else w.tries + 1 end,
            started_at = case when w.started_at < now() - interval '1 minute' then now() else w.started_at end
          returning tries, extract(epoch from started_at + interval '1 minute' - now())::float8 as wait`,
        values: [account],
      });
      const [row] = rows;
      return row && row.tries > mostPerMinute ? row.wait : undefined;
    },
    purge: async () => {
      await pool.query(`delete from sign_in_window where started_at < now() - interval '1 hour'`);
      await pool.query(`delete from refresh_token where expires_at < now() - interval '1 day'`);
    },
  };
}
