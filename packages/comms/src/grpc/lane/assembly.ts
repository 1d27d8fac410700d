import { maxMessageBytes } from '../channel-options.js';

/** The parts of one large answer, as far as they have come. */
export interface Assembly {
  /** False when the answer outgrew what a message may hold. */
  add(part: Buffer): boolean;
  whole(): Buffer;
}

export function createAssembly(): Assembly {
  const parts: Buffer[] = [];
  let bytes = 0;
  return {
    add: (part) => {
      bytes += part.length;
      // A copy, so that a part doesn't keep the other frames of its message in memory.
      if (bytes <= maxMessageBytes) parts.push(Buffer.from(part));
      return bytes <= maxMessageBytes;
    },
    whole: () => Buffer.concat(parts),
  };
}
