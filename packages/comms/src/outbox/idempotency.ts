import { createHash, randomUUID } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { errorCodes, ServiceError } from '../errors/index.js';
import type { Reply } from './cause.js';
import type { Queryable } from './write.js';

const leaseSeconds = 30;
const keptHours = 24;

/** Names a request: the same principal, route and key is the same request, if its fingerprint is the same. */
export interface RequestKey {
  readonly principal: string;
  readonly route: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** The right to work on a request, until its lease ends. */
export interface Claim extends RequestKey {
  /** Id of what the request makes, fixed before any work, so that a repeat by someone else makes the same thing. */
  readonly resourceId: string;
  readonly owner: string;
}

export interface Idempotency {
  /**
   * Runs `work` once for a request, or answers what it answered before. `work` must write with the cause
   * `{ kind: 'command', claim, reply }`. (After draft-ietf-httpapi-idempotency-key-header-07.)
   * @throws `in_flight` while somebody works on it, `idempotency_key_reused` when the key belongs to another request
   */
  run(request: RequestKey, work: (claim: Claim) => Promise<Reply>): Promise<Reply>;
  /** Forgets keys older than a day. @returns how many */
  purge(): Promise<number>;
}

interface Row {
  readonly fingerprint: string;
  readonly resource_id: string;
  readonly owner: string;
  readonly reply: Reply | null;
  readonly lapsed: boolean;
}

export function createIdempotency(db: Queryable): Idempotency {
  return {
    run: async (request, work) => {
      const claimed = await claim(db, request);
      if ('reply' in claimed) return claimed.reply;
      try {
        return await work(claimed.claim);
      } catch (error) {
        // Losing this update costs no more than the rest of the lease.
        await release(db, claimed.claim, ServiceError.from(error)).catch(() => undefined);
        throw error;
      }
    },
    purge: async () => {
      const { rowCount } = await db.query(
        `delete from idempotency where created_at < now() - interval '${String(keptHours)} hours'`,
      );
      return rowCount ?? 0;
    },
  };
}

/** SHA-256 over method, path and the body with its members in order. */
export function fingerprintOf(method: string, path: string, body: unknown): string {
  return createHash('sha256')
    .update(`${method} ${path} ${canonical(body)}`)
    .digest('base64url');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

async function claim(db: Queryable, request: RequestKey): Promise<{ claim: Claim } | { reply: Reply }> {
  const { principal, route, key, fingerprint } = request;
  const mine: Claim = { principal, route, key, fingerprint, resourceId: uuidv7(), owner: randomUUID() };
  const { rowCount } = await db.query({
    name: 'idempotency/claim',
    text: `insert into idempotency (principal, route, key, fingerprint, resource_id, owner, lease_until)
      values ($1, $2, $3, $4, $5, $6, now() + interval '${String(leaseSeconds)} seconds')
      on conflict do nothing`,
    values: [principal, route, key, fingerprint, mine.resourceId, mine.owner],
  });
  if (rowCount === 1) return { claim: mine };

  // A statement of its own: the losing insert's snapshot does not show the winner's row.
  const { rows } = await db.query<Row>({
    name: 'idempotency/read',
    text: `select fingerprint, resource_id, owner, reply, lease_until < now() as lapsed
      from idempotency where principal = $1 and route = $2 and key = $3`,
    values: [principal, route, key],
  });
  const [row] = rows;
  if (!row) throw inFlight();
  if (row.fingerprint !== fingerprint) {
    throw new ServiceError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request: take a new one.',
    );
  }
  if (row.reply) return { reply: row.reply };
  if (!row.lapsed) throw inFlight();
  return { claim: await takeOver(db, mine, row) };
}

async function takeOver(db: Queryable, mine: Claim, row: Row): Promise<Claim> {
  const { rowCount } = await db.query(
    `update idempotency set owner = $5, lease_until = now() + interval '${String(leaseSeconds)} seconds'
     where principal = $1 and route = $2 and key = $3 and owner = $4 and reply is null and lease_until < now()`,
    [mine.principal, mine.route, mine.key, row.owner, mine.owner],
  );
  if (rowCount !== 1) throw inFlight();
  return { ...mine, resourceId: row.resource_id };
}

/** A refusal frees the key; a failure of ours ends the lease and keeps the resource id for the next try. */
async function release(db: Queryable, held: Claim, error: ServiceError): Promise<void> {
  const where = 'where principal = $1 and route = $2 and key = $3 and owner = $4 and reply is null';
  const isRefusal = errorCodes[error.code].http < 500 && error.code !== 'in_flight';
  await db.query(
    isRefusal ? `delete from idempotency ${where}` : `update idempotency set lease_until = now() ${where}`,
    [held.principal, held.route, held.key, held.owner],
  );
}

const inFlight = (): ServiceError =>
  new ServiceError('in_flight', 'The same request is still being worked on: ask again in a moment.', {
    retryAfterSeconds: 1,
  });
