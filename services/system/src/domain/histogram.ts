/** Counts per bucket; the last one is what lies above all boundaries. */
export interface Histogram {
  readonly boundaries: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** Adds histograms of the same boundaries: percentiles cannot be added, buckets can. */
export function sumOf(histograms: readonly Histogram[]): Histogram {
  const [first] = histograms;
  if (!first) return { boundaries: [], counts: [], sum: 0, count: 0 };
  return {
    boundaries: first.boundaries,
    counts: first.counts.map((_, bucket) =>
      histograms.reduce((total, { counts }) => total + (counts[bucket] ?? 0), 0),
    ),
    sum: histograms.reduce((total, { sum }) => total + sum, 0),
    count: histograms.reduce((total, { count }) => total + count, 0),
  };
}

/**
 * The value below which a share of the measurements lies, taken to be spread evenly inside a bucket (as Prometheus'
 * histogram_quantile does). What lies above all boundaries counts as the highest. 0 without measurements.
 */
export function quantile({ boundaries, counts, count }: Histogram, share: number): number {
  const wanted = share * count;
  let below = 0;
  for (const [bucket, size] of counts.entries()) {
    const upper = boundaries[bucket];
    if (upper === undefined) break;
    const lower = boundaries[bucket - 1] ?? 0;
    if (size > 0 && below + size >= wanted) return lower + ((upper - lower) * (wanted - below)) / size;
    below += size;
  }
  return count === 0 ? 0 : (boundaries.at(-1) ?? 0);
}
