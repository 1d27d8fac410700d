import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { priorityIn } from './manifest.js';

describe('the priority of a service', () => {
  const folder = mkdtempSync(join(tmpdir(), 'souk-manifest-'));
  const manifest = (content: object): URL => {
    const file = join(folder, 'service.json');
    writeFileSync(file, JSON.stringify(content));
    return pathToFileURL(file);
  };

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is what its manifest says', () => {
    expect(priorityIn(manifest({ name: 'toy', priority: 'payment' }))).toBe('payment');
    expect(priorityIn(undefined)).toBe('order');
  });

  it('must be one that there is', () => {
    for (const content of [{}, { priority: 'urgent' }, { priority: 1 }])
      expect(() => priorityIn(manifest(content))).toThrow(
        /"priority" in .+ must be one of health, payment, order, browse\./,
      );
  });
});
