/** A running count at a time, in epoch milliseconds. */
export interface Sample {
  readonly atMs: number;
  readonly count: number;
}

/** Counts kept for a while, so that their rate can be told. */
export interface RateWindow {
  add(sample: Sample): void;
  /** Per second, from the oldest sample kept to the newest; 0 with fewer than two, or after a count fell. */
  perSecond(): number;
}

export function createRateWindow(windowMs: number): RateWindow {
  let samples: Sample[] = [];
  return {
    add: (sample) => {
      const last = samples.at(-1);
      if (last && sample.count < last.count) samples = [];
      samples = [...samples.filter(({ atMs }) => atMs > sample.atMs - windowMs), sample];
    },
    perSecond: () => {
      const [first] = samples;
      const last = samples.at(-1);
      if (!first || !last || last.atMs <= first.atMs) return 0;
      return ((last.count - first.count) * 1000) / (last.atMs - first.atMs);
    },
  };
}
