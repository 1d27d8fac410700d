import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Movement } from './book.js';

export type Entry = { readonly movement: Movement } | { readonly told: readonly string[] };

/** Append-only JSON lines. A line is with the operating system before the caller goes on, so only a power cut loses it. */
export interface Journal {
  append(entry: Entry): void;
  close(): void;
}

/** @returns the journal, and what an earlier process wrote; a line torn by its end is left out */
export function openJournal(dataDir: string): { journal: Journal; entries: Entry[] } {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, 'journal.jsonl');
  const file = openSync(path, 'a+');
  const text = readFileSync(path, 'utf8');
  if (text !== '' && !text.endsWith('\n')) writeSync(file, '\n');
  return {
    entries: text.split('\n').flatMap(parseLine),
    journal: {
      append: (entry) => {
        writeSync(file, `${JSON.stringify(entry)}\n`);
      },
      close: () => {
        closeSync(file);
      },
    },
  };
}

function parseLine(line: string): Entry[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}
