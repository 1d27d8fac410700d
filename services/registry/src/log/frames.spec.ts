import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeFrames, encodeFrame } from './frames.js';

describe('frames', () => {
  it('give back every whole record before the first damage, wherever the log is cut or flipped', () => {
    const texts = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(texts, fc.nat(), fc.boolean(), (records, at, flip) => {
        const log = Buffer.concat(records.map(encodeFrame));
        const position = at % log.length;
        const damaged = flip ? Buffer.from(log) : log.subarray(0, position);
        if (flip) damaged.writeUInt8(damaged.readUInt8(position) ^ 0x40, position);
        let whole = 0;
        let end = 0;
        while (end + encodeFrame(records[whole] ?? '').length <= position) {
          end += encodeFrame(records[whole] ?? '').length;
          whole += 1;
        }
        expect(decodeFrames(damaged)).toEqual({ records: records.slice(0, whole), end });
      }),
    );
  });
});
