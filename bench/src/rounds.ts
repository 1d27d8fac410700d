import type { Measured } from './load.js';
import type { Row } from './report.js';
import { median } from './statistics.js';

/** One cell of a table over all rounds. */
export interface Cell {
  readonly stack: string;
  readonly inFlight: number;
  readonly bytes: number;
  readonly measured: Measured[];
}

/** Medians; ratios are taken within a round, against the first stack under the same load. */
export function rowsOf(cells: readonly Cell[]): Row[] {
  return cells.map((cell) => {
    const first = cells.find(({ inFlight, bytes }) => inFlight === cell.inFlight && bytes === cell.bytes);
    const ratios = cell.measured.map(
      ({ opsPerSecond }, round) => opsPerSecond / (first?.measured[round]?.opsPerSecond ?? NaN),
    );
    const of = (figure: 'opsPerSecond' | 'p50Ms' | 'p99Ms') =>
      median(cell.measured.map((one) => one[figure]));
    const errors = cell.measured.reduce((sum, one) => sum + one.errors, 0);
    return {
      stack: cell.stack,
      inFlight: cell.inFlight,
      bytes: cell.bytes,
      opsPerSecond: Math.round(of('opsPerSecond')),
      p50Ms: of('p50Ms'),
      p99Ms: of('p99Ms'),
      ratioToFirst: median(ratios),
      ...(errors > 0 ? { errors } : {}),
    };
  });
}
