const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;
const NANOSECONDS_PER_MS = 1e6;

/**
 * Reads a duration as Go's clients write it: `"1m30s"`, or a whole number of nanoseconds.
 * @returns milliseconds, or undefined when the value is no duration
 */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value / NANOSECONDS_PER_MS : undefined;
  if (typeof value !== 'string') return undefined;
  const negative = value.startsWith('-');
  const text = negative || value.startsWith('+') ? value.slice(1) : value;
  if (text === '0') return 0;
  const total = sumParts(text);
  return total === undefined || !negative ? total : -total;
}

function sumParts(text: string): number | undefined {
  let total = 0;
  let end = 0;
  for (const [part, amount, unit] of text.matchAll(PART)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
    end += part.length;
  }
  return end > 0 && end === text.length ? total : undefined;
}

/** Writes milliseconds the way Go prints a duration: `1m30s`, `250ms`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1_000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1_000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
