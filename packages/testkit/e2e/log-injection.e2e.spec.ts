import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { call, exchange, expectStatus, need, newPerson, openSystem, until } from '@souk/testkit';

const system = await openSystem();
const { url } = system;
const suite = need(system, 'sql') ? describe : describe.skip;

const mark = `mark${randomBytes(8).toString('hex')}`;
const forged = `{"level":"fatal","service":"forged","msg":"${mark}"}`;
const hostile = [
  `a\r\n${forged}`,
  `a\n${forged}\n`,
  `"}\n${forged}`,
  `\u001b[2J\u001b[31m${mark}\u001b]0;${mark}\u0007`,
  `\u009b31m${mark}\u0085${forged}`,
  `\u2028${forged}\u2029`,
  `","level":"fatal","forged":"${mark}`,
  `%0d%0a${forged}`,
  `\\r\\n${forged}`,
  `\u202e${mark}`,
];

const { logsDir = '' } = system.capabilities.has('sql') ? system.inside : {};
const logOf = (name: string): string => readFileSync(join(logsDir, name), 'utf8');

/** What a client can only send as bytes. */
const raw = (line: string, header: string): string =>
  [`${line} HTTP/1.1`, `Host: ${new URL(url).host}`, header, 'Connection: close', '', ''].join('\r\n');

async function sendEverywhere(text: string, token: string): Promise<void> {
  const password = 'a long password';
  const email = `${text}@test.souk`;
  const encoded = encodeURIComponent(text);
  await call(url, 'POST /api/users', { body: { email, password, name: text } });
  await call(url, 'POST /api/users', {
    body: { email: `${randomBytes(8).toString('hex')}@test.souk`, password, name: text },
  });
  await call(url, 'POST /api/sessions', { body: { email, password: text } });
  await call(url, 'POST /api/sessions/refresh', { body: { refreshToken: text.slice(0, 200) } });
  await call(url, 'POST /api/sessions', { raw: { text, type: 'application/json' } });
  await call(url, 'POST /api/sessions', { body: { [text]: text } });
  for (const path of [`/api/users/${encoded}`, `/api/users?cursor=${encoded}`, `/api/users/me?${encoded}`])
    await call(url, `GET ${path}`, { token });
  await call(url, 'GET /api/users/me', { token: Buffer.from(text).toString('base64url') });
  for (const name of ['User-Agent', 'X-Request-Id', 'traceparent', 'Authorization', 'X-Request-Deadline-Ms'])
    await exchange(url, raw('GET /api/users/me', `${name}: ${text}`));
  await exchange(url, raw(`GET /api/users/${text}`, 'Accept: */*'));
  await exchange(url, raw(`${mark.toUpperCase()} /api/users/me`, `Accept: ${text}`));
}

suite('what somebody sends', () => {
  let lines: { file: string; line: string }[];

  beforeAll(async () => {
    const { accessToken: token } = await newPerson(system);
    for (const text of hostile) await sendEverywhere(text, token);
    const traceId = randomBytes(16).toString('hex');
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    await expectStatus(200, call(url, 'GET /api/users/me', { token, headers }));
    await until(() => logOf('identity-1.log').includes(traceId), {
      withinMs: 10_000,
      what: 'the last request is in the log',
    });
    lines = readdirSync(logsDir).flatMap((file) =>
      logOf(file)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => ({ file, line })),
    );
  });

  const ofServices = () => lines.filter(({ file }) => !/^(postgres|kafka)\.log$/.test(file));

  it('is in the logs at all, in the paths of requests', () => {
    expect(lines.filter(({ line }) => line.includes(mark)).length).toBeGreaterThan(0);
  });

  it('makes no line of its own', () => {
    const broken = ofServices().filter(({ line }) => {
      try {
        return typeof JSON.parse(line) !== 'object';
      } catch {
        return true;
      }
    });
    expect(broken).toEqual([]);
    expect(lines.filter(({ line }) => line.startsWith('{"level":"fatal"'))).toEqual([]);
  });

  it('forges no field', () => {
    const records = ofServices().map(({ file, line }) => ({
      file,
      record: JSON.parse(line) as Readonly<Record<string, unknown>>,
    }));
    const marked = records.filter(({ record }) => JSON.stringify(record).includes(mark));
    const told = marked.map(({ record }) => [record['level'], record['msg'], record['forged']]);
    expect(
      told.filter(([level, msg, own]) => level !== 'info' || msg !== 'http' || own !== undefined),
    ).toEqual([]);
    expect(records.filter(({ record }) => record['service'] === 'forged')).toEqual([]);
  });

  it('brings no control character to a terminal', () => {
    // eslint-disable-next-line no-control-regex -- it is what is looked for
    const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/;
    expect(lines.filter(({ line }) => control.test(line) && line.includes(mark))).toEqual([]);
    expect(ofServices().filter(({ line }) => control.test(line))).toEqual([]);
  });
});
