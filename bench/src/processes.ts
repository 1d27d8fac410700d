import { readFileSync } from 'node:fs';

/** What a process has used so far. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

const ticksPerSecond = 100;
const pageBytes = 4096;

/** From Linux' /proc; zeros elsewhere or for a process that is gone. */
export function usageOf(pid: number | undefined): Usage {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { cpuSeconds: ticks / ticksPerSecond, rssMiB: (Number(fields[21]) * pageBytes) / 2 ** 20 };
  } catch {
    return { cpuSeconds: 0, rssMiB: 0 };
  }
}
