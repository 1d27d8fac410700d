import type { Hop } from './hops.js';

const columns = ['#', 'transport', 'from → to', 'what', 'ms', 'trace'] as const;

/** The hops as text in columns. */
export const tableOf = (hops: readonly Hop[]): string =>
  textTable(
    columns,
    hops.map((hop, index) => [
      String(index + 1),
      hop.transport,
      `${hop.from} → ${hop.to}`,
      hop.what,
      String(hop.ms),
      hop.traceId,
    ]),
  );

/** Rows as text in columns as wide as their widest cell, under a head and a line. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const [first = '', ...body] = lines;
  return [first, '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...body].join('\n');
}
