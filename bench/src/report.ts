import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** One measured stack or setting; what does not apply is left out. */
export interface Row {
  readonly stack: string;
  readonly inFlight: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly ratioToFirst: number;
  readonly [more: string]: string | number;
}

export interface Report {
  readonly name: string;
  readonly rows: readonly Row[];
  /** What a row cannot hold, such as memory per process. */
  readonly notes?: Readonly<Record<string, unknown>>;
}

/** What the figures were taken on. */
export const machine = () => ({
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.versions.node,
  platform: process.platform,
});

export function printReport({ name, rows }: Report): void {
  const { cores, cpu, memoryGiB, node } = machine();
  process.stdout.write(`\n${name} on ${cores} × ${cpu}, ${memoryGiB} GiB, Node ${node}\n`);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => textOf(row[column])));
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, index) => cell.padStart(widths[index] ?? 0)).join('  ');
  process.stdout.write(`${[line(columns), ...cells.map(line)].join('\n')}\n`);
}

export function writeReport(file: string, report: Report): void {
  writeFileSync(file, `${JSON.stringify({ ...report, machine: machine() }, null, 2)}\n`);
}

function textOf(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? '';
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
}
