const seed = 0x9747b28c;
const m = 0x5bd1e995;

/** The partition that Kafka's clients choose for a key, so that both transports agree. */
export const partitionOf = (key: string, partitions: number): number =>
  (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;

/** Kafka's murmur2 (org.apache.kafka.common.utils.Utils), on 32-bit integers. */
function murmur2(data: Buffer): number {
  let hash = seed ^ data.length;
  const words = data.length >> 2;
  for (let word = 0; word < words; word += 1) {
    let k = Math.imul(data.readInt32LE(word * 4), m);
    k = Math.imul(k ^ (k >>> 24), m);
    hash = Math.imul(hash, m) ^ k;
  }
  const tail = data.subarray(words * 4);
  for (const [index, byte] of tail.entries()) hash ^= byte << (8 * index);
  if (tail.length > 0) hash = Math.imul(hash, m);
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return hash ^ (hash >>> 15);
}
