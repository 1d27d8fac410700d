import { median } from '@souk/bench';

/** A value at a time, in seconds. */
export interface Point {
  readonly atS: number;
  readonly value: number;
}

export interface Trend {
  readonly first: number;
  /** Medians of the thirds of the time. */
  readonly firstThird: number;
  readonly middleThird: number;
  readonly lastThird: number;
  readonly slopePerHour: number;
}

const secondsPerHour = 3600;
const warmUp = { atMostS: 120, share: 0.1 };

/** How much of a run is its warm-up, in seconds: two minutes, or a tenth of a shorter one. */
export const warmUpOf = (seconds: number): number => Math.min(warmUp.atMostS, warmUp.share * seconds);

/** @param points in order of time, warm-up left out @returns undefined for fewer than three */
export function trendOf(points: readonly Point[]): Trend | undefined {
  const [first] = points;
  if (first === undefined || points.length < 3) return undefined;
  const third = (from: number): number =>
    median(
      points
        .slice(Math.floor((from * points.length) / 3), Math.floor(((from + 1) * points.length) / 3))
        .map(({ value }) => value),
    );
  return {
    first: first.value,
    firstThird: third(0),
    middleThird: third(1),
    lastThird: third(2),
    slopePerHour: slopeOf(points) * secondsPerHour,
  };
}

/** By least squares, per second; 0 of less than two points in time. */
export function slopeOf(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [meanS, meanValue] = [mean(({ atS }) => atS), mean(({ value }) => value)];
  const spread = mean(({ atS }) => (atS - meanS) ** 2);
  return spread > 0 ? mean(({ atS, value }) => (atS - meanS) * (value - meanValue)) / spread : 0;
}
