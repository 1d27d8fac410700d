import { expect, it } from '@jest/globals';
import { newClusterId } from './cluster-id.js';

it('a cluster id is 16 bytes that no command line takes for an option', () => {
  const ids = Array.from({ length: 2000 }, newClusterId);
  expect(ids.filter((id) => !/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});
