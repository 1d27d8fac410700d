import type { Hop } from './hops.js';

const columns = ['#', 'transport', 'from → to', 'what', 'ms', 'trace'] as const;

/** The hops as text in columns. */
export function tableOf(hops: readonly Hop[]): string {
  const rows = hops.map((hop, index) => [
    String(index + 1),
    hop.transport,
    `${hop.from} → ${hop.to}`,
    hop.what,
    String(hop.ms),
    hop.traceId,
  ]);
  const all = [[...columns], ...rows];
  const widths = columns.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...body] = lines;
  return [head, '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...body].join('\n');
}
