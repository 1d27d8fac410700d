import { parseArgs } from 'node:util';
import { printReport, writeReport, type Report } from '../report.js';

export interface BenchOptions {
  readonly json: string | undefined;
  readonly seconds: number;
  readonly rounds: number;
  /** Only stacks whose name holds this text; the first one, which the others are compared with, always. */
  readonly only: string | undefined;
}

/** `[--json FILE] [--seconds N] [--rounds N] [--only TEXT]` */
export function readOptions(
  args: readonly string[],
  defaults: { seconds: number; rounds: number },
): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const positive = (text: string | undefined, otherwise: number) => {
    const value = Number(text ?? otherwise);
    if (!(value > 0)) throw new Error('--seconds and --rounds take a number above 0.');
    return value;
  };
  return {
    json: values.json,
    only: values.only,
    seconds: positive(values.seconds, defaults.seconds),
    rounds: positive(values.rounds, defaults.rounds),
  };
}

export function publish(report: Report, { json }: BenchOptions): void {
  printReport(report);
  if (json !== undefined) writeReport(json, report);
}

export const isWanted = (stack: string, { only }: BenchOptions): boolean =>
  only === undefined || stack.includes(only);
