import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machine } from '@souk/bench';
import { parseEvents } from '@souk/local';
import type { Outcome, Settings } from '../endurance/ground.js';
import { overload } from '../endurance/overload.js';
import { registryAway } from '../endurance/registry-away.js';
import { rolling } from '../endurance/rolling.js';
import { soak } from '../endurance/soak.js';

const scenarios: Readonly<Record<string, (settings: Settings) => Promise<Outcome>>> = {
  soak,
  rolling,
  overload,
  'registry-away': registryAway,
};
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * `npm run endurance -- soak|rolling|overload|registry-away [--minutes N | --seconds N] [--customers N] [--pace N]
 * [--events kafka|local] [--tls] [--json FILE] [--logs FOLDER]`: one long trial of a system of its own, and a line per promise. Exit
 * code 1 when one is missed. Ctrl-C ends it early and in order.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: { type: 'string' },
      seconds: { type: 'string' },
      customers: { type: 'string', default: '20' },
      pace: { type: 'string', default: '5' },
      events: { type: 'string' },
      tls: { type: 'boolean', default: false },
      json: { type: 'string' },
      logs: { type: 'string' },
    },
  });
  const [name = ''] = positionals;
  const scenario = scenarios[name];
  if (!scenario) throw new Error(`Name a scenario: ${Object.keys(scenarios).join(', ')}.`);
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    interrupted.abort();
  });
  const { figures, verdicts } = await scenario({
    seconds: secondsOf(values),
    customers: positive('customers', values.customers),
    pace: positive('pace', values.pace),
    events: values.events === undefined ? undefined : parseEvents(values.events),
    tls: values.tls,
    logs: values.logs,
    report: say,
    interrupted: interrupted.signal,
  });
  say('');
  for (const { promise, isKept, says } of verdicts)
    say(`${isKept ? 'kept  ' : 'MISSED'}  ${promise}: ${says.replaceAll('\n', '\n          ')}`);
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ name, machine: machine(), ...figures, verdicts }, null, 2)}\n`,
    );
  process.exitCode = verdicts.every(({ isKept }) => isKept) ? 0 : 1;
}

function secondsOf({ minutes, seconds }: { minutes?: string; seconds?: string }): number | undefined {
  if (seconds !== undefined) return positive('seconds', seconds);
  return minutes === undefined ? undefined : 60 * positive('minutes', minutes);
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0, and is ${text}.`);
  return number;
}
