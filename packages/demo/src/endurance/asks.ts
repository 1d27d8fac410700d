import { median, percentile } from '@souk/bench';
import { call, type ApiAnswer, type ApiRequest, type Method } from '@souk/testkit';

export interface Ask extends Omit<ApiRequest, 'withinMs'> {
  /** What it is counted as, such as `place`. */
  readonly kind: string;
  readonly target: `${Method} ${string}`;
  /** Statuses that are no failure. */
  readonly expect: readonly number[];
}

/** What was asked since the last look. */
export interface AskFigures {
  readonly asked: number;
  /** Answered with another status than expected, such as 5xx or 429, or not at all. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly askedByKind: Readonly<Record<string, number>>;
  /** The first of them in words. */
  readonly failures: readonly string[];
}

/** Asks the gateway, and keeps the count of it. */
export interface Asks {
  /** @returns undefined when it failed, which is counted and never thrown */
  ask<T>(ask: Ask): Promise<ApiAnswer<T> | undefined>;
  /** Counts a failure that no single answer shows. */
  fail(text: string): void;
  /** The figures since the last `take`; what is under way counts when it is answered. */
  take(): AskFigures;
}

const answerWithinMs = 10_000;
const mostTexts = 20;

/** @param url of the gateway */
export function createAsks(url: string): Asks {
  let tookMs: number[] = [];
  let byKind = new Map<string, number>();
  let failures: string[] = [];

  const fail = (text: string): void => void failures.push(`${new Date().toISOString()} ${text}`);
  return {
    fail,
    ask: async <T>({ kind, target, expect, ...request }: Ask) => {
      const startedAt = performance.now();
      try {
        const answer = await call<T>(url, target, { ...request, withinMs: answerWithinMs });
        if (expect.includes(answer.status)) return answer;
        fail(`${kind}: ${String(answer.status)} ${JSON.stringify(answer.body).slice(0, 300)}`);
      } catch (error) {
        fail(`${kind}: ${reasonOf(error)}`);
      } finally {
        tookMs.push(performance.now() - startedAt);
        byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
      }
      return undefined;
    },
    take: () => {
      const figures = {
        asked: tookMs.length,
        failed: failures.length,
        p50Ms: rounded(median(tookMs)),
        p99Ms: rounded(percentile(tookMs, 0.99)),
        askedByKind: Object.fromEntries(byKind),
        failures: failures.slice(0, mostTexts),
      };
      tookMs = [];
      byKind = new Map();
      failures = [];
      return figures;
    },
  };
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10;

/** With what `fetch` hides in its cause. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
};
