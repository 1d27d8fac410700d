import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { until } from '../until.js';
import { openLink, type Link } from './link.js';

let echo: Server;
let link: Link;
let client: Socket;
let heard: string;
let closed: boolean;

const dial = async (): Promise<void> => {
  heard = '';
  closed = false;
  client = connect(link.port, '127.0.0.1');
  client.on('data', (piece: Buffer) => (heard += piece.toString()));
  client.on('error', () => undefined);
  client.on('close', () => (closed = true));
  await once(client, 'connect');
};
const hears = (text: string) => until(() => heard === text, { withinMs: 5000, what: `${text} is heard` });

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  link = await openLink({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port }, () => 0);
  await dial();
});
afterEach(async () => {
  client.destroy();
  await link.close();
  echo.close();
});

it('carries both ways, and ends when either side does', async () => {
  client.write('one');
  await hears('one');
  client.end();
  await until(() => closed, { withinMs: 5000, what: 'it is closed' });
});

it.each(['silent', 'deaf', 'mute'] as const)(
  'holds everything back while %s, and loses nothing',
  async (state) => {
    link.set(state);
    client.write('one');
    const other = connect(link.port, '127.0.0.1');
    await once(other, 'connect');
    other.destroy();
    expect(heard).toBe('');
    client.write('two');
    link.set('well');
    await hears('onetwo');
  },
);

it.each(['slow', 'lossy'] as const)('keeps the order while %s', async (state) => {
  link.set(state);
  const startedAt = performance.now();
  client.write('one');
  await hears('one');
  client.write('two');
  await hears('onetwo');
  expect(performance.now() - startedAt).toBeGreaterThan(300);
});

it('resets what is open and what comes while it is cut', async () => {
  client.write('one');
  await hears('one');
  link.set('cut');
  await until(() => closed, { withinMs: 5000, what: 'it is reset' });
  await dial().catch(() => undefined);
  await until(() => closed, { withinMs: 5000, what: 'a new one is reset' });
  link.set('well');
  await dial();
  client.write('two');
  await hears('two');
});
