import { describe, expect, it } from '@jest/globals';
import { javaVersionOf } from './availability.js';

describe('javaVersionOf', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "25" 2025-09-16', 25],
    ['java version "1.8.0_432"', 8],
    ['no Java here', Number.NaN],
  ])('reads %s', (text, version) => {
    expect(javaVersionOf(text)).toBe(version);
  });
});
