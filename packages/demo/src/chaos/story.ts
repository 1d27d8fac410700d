import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Act } from './history.js';

const mostLogLines = 40;

/** Where each service keeps what it knows of an order. */
const rowsOf: readonly [service: string, what: string, query: string][] = [
  ['order', 'order', 'select id, status, version, payment_id, deadline_at from orders where id = $1'],
  [
    'order',
    'timeline',
    'select sequence, type, service, status, at, trace_id from order_timeline where order_id = $1 order by sequence',
  ],
  [
    'order',
    'outbox of order',
    'select version, type, id, sent_at from outbox where subject = $1 order by version',
  ],
  ['product', 'reservation', 'select id, status from reservation where id = $1'],
  [
    'payment',
    'payment',
    'select id, status, amount, captured, refunded, wanted, attempts from payment where order_id = $1',
  ],
  [
    'payment',
    'outbox of payment',
    `select o.version, o.type, o.id, o.sent_at from outbox o join payment p on p.id::text = o.subject::text
     where p.order_id = $1 order by o.version`,
  ],
  [
    'payment',
    'ledger',
    `select t.kind, e.side, e.amount, e.currency from transfer t join entry e on e.transfer_id = t.id
     join payment p on p.id = t.payment_id where p.order_id = $1`,
  ],
];

/** All that is known of an order: what was asked and answered, what stands in the databases, what the logs say. */
export async function storyOf(
  orderId: string,
  from: { acts: readonly Act[]; verifierUrls: Readonly<Record<string, string>>; logsDir: string },
): Promise<string> {
  const lines = [`The story of order ${orderId}`, '  requests'];
  for (const { customer, deed, key, attempts, answer } of from.acts.filter(
    (act) => act.orderId === orderId,
  )) {
    const tries = attempts
      .map(
        ({ atMs, outcome, tookMs }) => `${atMs.toFixed(0)} ms: ${String(outcome)} (${tookMs.toFixed(0)} ms)`,
      )
      .join(', ');
    lines.push(`    ${customer} ${deed} ${key ?? ''} → ${String(answer?.status)} | ${tries}`);
  }
  for (const [service, what, query] of rowsOf) {
    lines.push(`  ${what}`);
    const url = from.verifierUrls[service];
    if (url !== undefined) lines.push(...(await rows(url, query, orderId)).map((row) => `    ${row}`));
  }
  lines.push('  logs', ...logLines(from.logsDir, orderId).map((line) => `    ${line}`));
  return lines.join('\n');
}

async function rows(url: string, query: string, orderId: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    const found = await client.query<Record<string, unknown>>(query, [orderId]);
    return found.rows.map((row) => JSON.stringify(row));
  } catch (error) {
    return [`(${error instanceof Error ? error.message : String(error)})`];
  } finally {
    await client.end().catch(() => undefined);
  }
}

const logLines = (logsDir: string, orderId: string): string[] =>
  readdirSync(logsDir)
    .flatMap((file) =>
      readFileSync(join(logsDir, file), 'utf8')
        .split('\n')
        .filter((line) => line.includes(orderId)),
    )
    .slice(0, mostLogLines);
