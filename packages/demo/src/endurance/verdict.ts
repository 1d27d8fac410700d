import type { AskFigures } from './asks.js';
import { trendOf, type Point } from './trend.js';

/** Whether a promise was kept, and by what figures. */
export interface Verdict {
  readonly promise: string;
  readonly isKept: boolean;
  readonly says: string;
}

/** What grows by no more than this from the middle third of the time to the last is flat. */
const flatFactor = 1.1;
/** So many more than before are the pools' doing, whatever share of them it is. */
const slack = 5;

/** Flat: the median of the last third of the time is at most 1.10 × that of the middle third, or `allowed` above it. */
export function flatVerdict(
  promise: string,
  points: Readonly<Record<string, readonly Point[]>>,
  allowed = 0,
): Verdict {
  const entries = Object.entries(points).map(([name, values]) => ({ name, trend: trendOf(values) }));
  const grown = entries.flatMap(({ name, trend }) =>
    trend === undefined ||
    trend.lastThird <= Math.max(flatFactor * trend.middleThird, trend.middleThird + allowed)
      ? []
      : [`${name}: ${String(trend.middleThird)} → ${String(trend.lastThird)}`],
  );
  const rule = `last third's median <= ${flatFactor.toFixed(2)} × the middle third's${allowed > 0 ? `, or ${String(allowed)} above it` : ''}`;
  const isKnown = entries.some(({ trend }) => trend !== undefined);
  return {
    promise,
    isKept: grown.length === 0,
    says: isKnown ? [rule, ...grown].join('; ') : 'unknown on this machine',
  };
}

export const memoryVerdict = (points: Readonly<Record<string, readonly Point[]>>): Verdict =>
  flatVerdict('memory flat', points);

export const descriptorsVerdict = (points: Readonly<Record<string, readonly Point[]>>): Verdict =>
  flatVerdict('descriptors flat', points, slack);

/** @param figures of every phase in which none may fail */
export function noFailureVerdict(...figures: readonly AskFigures[]): Verdict {
  const sum = (of: (one: AskFigures) => number): number => figures.reduce((total, one) => total + of(one), 0);
  const failed = sum((one) => one.failed);
  return {
    promise: 'no request failed',
    isKept: failed === 0,
    says: [
      `${String(failed)} of ${String(sum((one) => one.asked))}`,
      ...figures.flatMap(({ failures }) => failures),
    ].join('\n'),
  };
}
