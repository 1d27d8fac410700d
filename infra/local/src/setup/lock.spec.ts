import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeLock } from './lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-lock-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('takeLock', () => {
  it('admits one run at a time', () => {
    const lock = takeLock(folder);
    expect(() => takeLock(folder)).toThrow(`pid ${process.pid}`);
    lock.release();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    takeLock(folder).release();
  });

  it.each(['999999999', '', 'nonsense'])('takes over a lock left by a run that is gone: "%s"', (content) => {
    writeFileSync(join(folder, 'lock'), content);
    takeLock(folder).release();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });
});
