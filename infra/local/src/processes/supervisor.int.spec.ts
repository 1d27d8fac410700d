import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startChild, type Handle } from './child.js';
import { supervise, type Crash, type Supervised } from './supervisor.js';

let folder: string;
let started: Handle[];
let running: Set<Handle>;
/** What each launch waits for before its process is there. */
let beforeStart: () => Promise<void>;
/** Called as each launch begins. */
let onLaunch: () => void;
let one: Supervised;
let crashes: Crash[];
let isRestarted: (crash: Crash) => boolean;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-supervisor-'));
  started = [];
  running = new Set();
  beforeStart = () => Promise.resolve();
  onLaunch = () => undefined;
  crashes = [];
  isRestarted = () => true;
  const logFile = join(folder, 'one.log');
  const launch = async (more: Readonly<Record<string, string>> = {}): Promise<Handle> => {
    onLaunch();
    await beforeStart();
    const args = ['-e', 'process.stdin.on("end", () => process.exit()).resume()'];
    const handle = startChild({ args, cwd: folder, env: more, logFile });
    started.push(handle);
    running.add(handle);
    void handle.exited.then(() => running.delete(handle));
    return handle;
  };
  one = supervise(
    { instance: 'one-1', kind: 'service', logFile, launch },
    { restart: (crash) => isRestarted(crash), onCrash: (crash) => crashes.push(crash) },
  );
});

afterEach(async () => {
  await one.stop();
  for (const handle of running) await handle.stop();
  rmSync(folder, { recursive: true });
});

const nextLaunch = () => new Promise<void>((resolve) => (onLaunch = resolve));

describe('a supervised process', () => {
  it('is started again when it was killed', async () => {
    await one.start();
    const again = nextLaunch();
    one.signal('SIGKILL');
    await again;
    await one.stop();
    expect(started).toHaveLength(2);
    expect(running.size).toBe(0);
  });

  it('is told to have been ready once it was, though others are not yet', async () => {
    isRestarted = ({ wasReady }) => wasReady;
    await one.start();
    await one.whileRunning(Promise.resolve());
    for (const round of [1, 2]) {
      const again = nextLaunch();
      one.signal('SIGKILL');
      await again;
      await one.start();
      expect(crashes).toHaveLength(round);
    }
    expect(crashes.map(({ wasReady }) => wasReady)).toEqual([true, true]);
    expect(crashes[0]?.text).toContain('one-1 was killed');
  });

  it('is told not to have been ready when it ended before', async () => {
    isRestarted = ({ wasReady }) => wasReady;
    await one.start();
    const { exited } = started[0] ?? fail();
    const ready = one.whileRunning(new Promise(() => undefined));
    one.signal('SIGKILL');
    await expect(ready).rejects.toThrow('one-1 was killed');
    await exited;
    expect(crashes.map(({ wasReady }) => wasReady)).toEqual([false]);
    expect(one.pid).toBeUndefined();
  });

  it('runs once, though it is restarted while it is being started again', async () => {
    await one.start();
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    beforeStart = () => held;
    const again = nextLaunch();
    one.signal('SIGKILL');
    await again;
    const restarted = one.stop().then(() => one.start({ MORE: 'yes' }));
    go();
    await restarted;
    expect([...running].map(({ pid }) => pid)).toEqual([one.pid]);
    expect(started).toHaveLength(3);
  });

  it('is not started beside the one that a restart has begun', async () => {
    await one.start();
    const { exited } = started[0] ?? fail();
    one.signal('SIGKILL');
    await exited;
    await one.stop();
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    beforeStart = () => held;
    const restarted = one.start();
    // The supervisor's own pause before it brings the killed one back is 250 ms.
    const another = nextLaunch().then(() => 'another');
    expect(await Promise.race([another, delay(500, 'none')])).toBe('none');
    go();
    await restarted;
    expect([...running].map(({ pid }) => pid)).toEqual([one.pid]);
    expect(started).toHaveLength(2);
  });
});

function fail(): never {
  throw new Error('nothing was started');
}
