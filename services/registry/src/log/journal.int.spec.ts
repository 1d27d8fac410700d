import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { logPath, recover } from './files.js';
import { openJournal } from './journal.js';

describe('the journal', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'souk-journal-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function opened(compactAtBytes: number, state: string[]) {
    const recovered = await recover(directory);
    state.push(...(recovered.snapshot === undefined ? [] : (JSON.parse(recovered.snapshot) as string[])));
    state.push(...recovered.records);
    const journal = await openJournal({
      directory,
      recovered,
      compactAtBytes,
      image: () => JSON.stringify(state),
    });
    const append = (record: string) => {
      state.push(record);
      return journal.append(record);
    };
    return { journal, append };
  }

  it('keeps every acknowledged record over reopening and over many snapshots', async () => {
    const all = Array.from({ length: 200 }, (_, at) => `record ${at}`);
    for (const part of [all.slice(0, 90), all.slice(90)]) {
      const { journal, append } = await opened(200, []);
      for (let at = 0; at < part.length; at += 7) await Promise.all(part.slice(at, at + 7).map(append));
      await journal.settled();
      await journal.close();
    }
    const state: string[] = [];
    const { journal } = await opened(200, state);
    await journal.close();
    expect(state).toEqual(all);
    const { generation } = await recover(directory);
    expect(generation).toBeGreaterThan(5);
    expect((await readdir(directory)).sort()).toEqual([`log-${generation}`, 'snapshot']);
  });

  it('acknowledges a record only when the disk has it', async () => {
    const { journal, append } = await opened(1_000_000, []);
    const handle = await open(join(directory, 'any'), 'a');
    const prototype = Object.getPrototypeOf(handle) as { datasync(): Promise<void> };
    await handle.close();
    let sync: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      jest.spyOn(prototype, 'datasync').mockImplementation(() => {
        resolve();
        return new Promise((done) => {
          sync = done;
        });
      });
    });
    let isAcknowledged = false;
    const kept = append('one').then(() => {
      isAcknowledged = true;
    });
    await asked;
    expect(isAcknowledged).toBe(false);
    jest.restoreAllMocks();
    sync();
    await kept;
    await journal.close();
  });

  it('recovers what is whole wherever its tail is torn, and goes on from there', async () => {
    const { journal, append } = await opened(1_000_000, []);
    const records = ['a', 'ünï', '{"c":1}', 'd'.repeat(40)];
    const ends: number[] = [];
    for (const record of records) {
      await append(record);
      ends.push((await stat(logPath(directory, 0))).size);
    }
    await journal.close();
    const whole = await readFile(logPath(directory, 0));
    for (let cut = 0; cut <= whole.length; cut += 1) {
      await writeFile(logPath(directory, 0), whole.subarray(0, cut));
      const kept = records.slice(0, ends.filter((end) => end <= cut).length);
      const state: string[] = [];
      const again = await opened(1_000_000, state);
      expect([cut, state]).toEqual([cut, kept]);
      await again.append('next');
      await again.journal.close();
      expect((await recover(directory)).records).toEqual([...kept, 'next']);
    }
  }, 60_000);

  it('refuses writes with the reason while the disk takes none, and keeps all that is there once it does', async () => {
    const state: string[] = [];
    const { journal, append } = await opened(1_000_000, state);
    await append('before');
    const handle = await open(join(directory, 'any'), 'a');
    const prototype = Object.getPrototypeOf(handle) as object;
    await handle.close();
    const full = () => Promise.reject(new Error('ENOSPC: no space left on device, write'));
    jest.spyOn(prototype as { appendFile(): Promise<void> }, 'appendFile').mockImplementation(full);
    jest.spyOn(prototype as { writeFile(): Promise<void> }, 'writeFile').mockImplementation(full);
    for (const record of ['lost', 'lost too']) {
      await expect(append(record)).rejects.toThrow(
        'The write could not be kept: ENOSPC: no space left on device',
      );
    }
    await expect(journal.settled()).rejects.toThrow('ENOSPC');
    jest.restoreAllMocks();
    await append('after');
    await journal.close();
    const kept: string[] = [];
    await (await opened(1_000_000, kept)).journal.close();
    expect(kept).toEqual(state);
  });
});
