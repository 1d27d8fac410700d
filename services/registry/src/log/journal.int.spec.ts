import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { recover } from './files.js';
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
});
