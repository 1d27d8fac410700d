import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { partitionOf } from './partition.js';

describe('partitionOf', () => {
  it('chooses as kafkajs does', () => {
    const partitioner = Partitioners.DefaultPartitioner();
    const partitionMetadata = Array.from({ length: 6 }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
    }));
    const theirs = (key: string) =>
      partitioner({ topic: 't', message: { key, value: null }, partitionMetadata });
    fc.assert(
      fc.property(
        fc.oneof(fc.uuid(), fc.string({ minLength: 1 })),
        (key) => partitionOf(key, 6) === theirs(key),
      ),
    );
    expect(partitionOf('', 6)).toBeLessThan(6);
  });
});
