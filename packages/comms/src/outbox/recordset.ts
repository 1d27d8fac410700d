import type { Bind } from './cause.js';

/**
 * Rows handed to a statement as one parameter, numbered by `n` from 1: a from-item for any number of rows, so that the
 * statement's text stays the same.
 * @param table.columns Postgres types by column; the rows have the same members
 */
export function recordset(
  bind: Bind,
  rows: readonly object[],
  table: { alias: string; columns: Readonly<Record<string, string>> },
): string {
  const columns = Object.entries(table.columns);
  const typed = columns.map(([name, type]) => `"${name}" ${type}`).join(', ');
  const names = columns.map(([name]) => `"${name}"`).join(', ');
  return `rows from (jsonb_to_recordset(${bind(JSON.stringify(rows))}::jsonb) as (${typed}))
    with ordinality as ${table.alias}(${names}, n)`;
}
