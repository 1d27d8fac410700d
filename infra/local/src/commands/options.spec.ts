import { describe, expect, it } from '@jest/globals';
import { collectScale, parseEvents, parsePort } from './options.js';

describe('options of the commands', () => {
  it('collects --scale', () => {
    expect(collectScale('product=2', { order: 1 })).toEqual({ order: 1, product: 2 });
  });

  it.each([
    () => collectScale('product', {}),
    () => collectScale('product=x', {}),
    () => parseEvents('rabbit'),
    () => parsePort('80800'),
    () => parsePort('http'),
  ])('says in a sentence what is wrong: %s', (parse) => {
    expect(parse).toThrow(/takes .+ and not "/);
  });
});
