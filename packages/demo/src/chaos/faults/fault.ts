import type { Random } from '@souk/testkit';
import type { ChaosGround } from '../ground.js';

/** One way to break the system. */
export interface Fault {
  readonly name: string;
  readonly says: string;
  /** There must be a Kafka to break. */
  readonly needsKafka?: boolean;
  /** Breaks it, and mends what would not mend itself. @returns what was done, for whoever reads of it */
  strike(ground: ChaosGround, random: Random): Promise<Strike>;
}

export interface Strike {
  readonly what: string;
  /** How many dead letters it must lead to, by topic; none unless said. */
  readonly letters?: Readonly<Record<string, number>>;
}

export const stores = ['identity', 'product', 'order', 'payment'] as const;

/** So many milliseconds in between. */
export const between = (random: Random, least: number, most: number): number =>
  least + random() * (most - least);
