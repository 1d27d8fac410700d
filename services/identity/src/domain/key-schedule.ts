/** A signing key's dates, in epoch milliseconds. */
export interface KeyDates {
  readonly kid: string;
  readonly createdAtMs: number;
  readonly signsFromMs: number;
}

/** A key signs for a day, then its successor does. */
export const rotateAfterMs = 24 * 3_600_000;
/** A key is published this long before it signs: verifiers ask for the set every five minutes. */
export const publishBeforeMs = 15 * 60_000;
/** An old key stays published for as long as a token that it signed can live, and some skew. */
export const retireAfterMs = 15 * 60_000;

/** What the clock asks for: which key signs, whether a new one is due, which ones nobody needs any more. */
export function schedule(
  keys: readonly KeyDates[],
  nowMs: number,
): { signs: string | undefined; isNewDue: boolean; retired: string[] } {
  const byStart = [...keys].sort((a, b) => a.signsFromMs - b.signsFromMs);
  const started = byStart.filter(({ signsFromMs }) => signsFromMs <= nowMs);
  const newest = byStart.at(-1);
  const retired = started.filter((_, index) => {
    const successor = started[index + 1];
    return successor !== undefined && successor.signsFromMs + retireAfterMs <= nowMs;
  });
  return {
    signs: started.at(-1)?.kid,
    isNewDue: newest === undefined || newest.signsFromMs + rotateAfterMs - publishBeforeMs <= nowMs,
    retired: retired.map(({ kid }) => kid),
  };
}
