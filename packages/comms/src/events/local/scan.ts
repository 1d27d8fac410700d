import type pg from 'pg';
import type { IncomingMessage } from '../transport.js';

const pageSize = 500;

interface Row {
  readonly partition: number;
  readonly position: string;
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly value: Buffer;
}

/** Shows what a topic holds now, each partition from its beginning. */
export async function scanLog(
  db: pg.Pool,
  topic: string,
  visit: (message: IncomingMessage) => void,
): Promise<void> {
  let [partition, position] = [-1, '-1'];
  for (;;) {
    const { rows } = await db.query<Row>(
      `select partition, position, key, headers, value from log_message
       where topic = $1 and (partition, position) > ($2, $3) order by partition, position limit $4`,
      [topic, partition, position, pageSize],
    );
    for (const { position: offset, ...row } of rows) visit({ topic, offset, ...row });
    const last = rows.at(-1);
    if (!last) return;
    ({ partition, position } = last);
  }
}
