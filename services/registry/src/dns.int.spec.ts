import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import dns, { type DecodedPacket, type RecordType } from 'dns-packet';
import { rcodeOf } from './testing/dns-codes.js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from './testing/free-port.js';
import { eventually, startRegistry, type TestRegistry } from './testing/start-registry.js';

let api: TestRegistry;
let port: number;

async function start(holdMs: number): Promise<void> {
  port = await freePort();
  api = await startRegistry({ REGISTRY_DNS_PORT: String(port), REGISTRY_DNS_HOLD_MS: String(holdMs) });
}
afterEach(() => api.registry.stop());

const register = (id: string, more: object = {}) =>
  api.put('/v1/agent/service/register', { Name: 'web', ID: id, Port: 80, ...more });

async function overUdp(name: string, type: RecordType): Promise<DecodedPacket> {
  const socket = createSocket('udp4');
  const answered = once(socket, 'message');
  socket.send(dns.encode({ type: 'query', id: 1, questions: [{ name, type }] }), port, '127.0.0.1');
  const [bytes] = (await answered) as [Buffer];
  socket.close();
  return dns.decode(bytes);
}

/** Two questions in one piece, cut in the middle: DNS over TCP has no packets. */
async function overTcp(name: string, type: RecordType): Promise<DecodedPacket[]> {
  const socket = connect(port, '127.0.0.1');
  const question = (id: number) => dns.streamEncode({ type: 'query', id, questions: [{ name, type }] });
  const both = Buffer.concat([question(1), question(2)]);
  socket.write(both.subarray(0, 30));
  await once(socket, 'connect');
  socket.write(both.subarray(30));
  const answers: DecodedPacket[] = [];
  let pending = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length > 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      answers.push(dns.decode(pending.subarray(2, end)));
      pending = pending.subarray(end);
    }
    if (answers.length === 2) break;
  }
  return answers;
}

describe('DNS', () => {
  beforeEach(() => start(0));

  it('answers a resolver with ports, weights and addresses', async () => {
    await register('w1', { Address: '10.0.0.1', Port: 81, Tags: ['blue'] });
    await register('w2', { Address: '10.0.0.2', Port: 82 });
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${port}`]);
    const found = await resolver.resolveSrv('_web._tcp.service.consul');
    expect(found.sort((a, b) => a.port - b.port)).toEqual([
      { name: '0a000001.addr.dc1.consul', port: 81, weight: 1, priority: 1 },
      { name: '0a000002.addr.dc1.consul', port: 82, weight: 1, priority: 1 },
    ]);
    expect(await resolver.resolve4('0a000002.addr.dc1.consul')).toEqual(['10.0.0.2']);
    expect(await resolver.resolve4('blue.web.service.dc1.consul')).toEqual(['10.0.0.1']);
    expect(await resolver.resolve4('test-node.node.consul')).toEqual(['127.0.0.1']);
    await expect(resolver.resolve4('none.service.consul')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver.resolve6('web.service.consul')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolve4('example.com')).rejects.toMatchObject({ code: 'EREFUSED' });
  });

  it('cuts long answers short over UDP, says so, and has them whole over TCP', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, at) => register(`w${at}`, { Address: `10.0.0.${at}`, Port: at + 1 })),
    );
    const short = await overUdp('web.service.consul', 'SRV');
    expect(short.flag_tc).toBe(true);
    expect(short.answers?.length).toBeGreaterThan(0);
    const answers = await overTcp('web.service.consul', 'SRV');
    expect(answers.map(({ id }) => id)).toEqual([1, 2]);
    for (const { answers: records, additionals, flag_tc } of answers) {
      expect([records?.length, additionals?.length, flag_tc]).toEqual([50, 50, false]);
    }
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${port}`]);
    expect(await resolver.resolveSrv('web.service.consul')).toHaveLength(50);
  }, 30_000);

  it('follows health at once', async () => {
    const check = { TTL: '10s', Status: 'passing' };
    await register('w1', { Address: '10.0.0.1', Check: check });
    expect((await overUdp('web.service.consul', 'A')).answers).toHaveLength(1);
    await api.put('/v1/agent/check/fail/service:w1');
    const gone = await overUdp('web.service.consul', 'A');
    expect([rcodeOf(gone), gone.authorities?.[0]?.type]).toEqual(['NXDOMAIN', 'SOA']);
  });

  it('refuses a port that is taken, with what to do, and leaves nothing open', async () => {
    await expect(startRegistry({ REGISTRY_DNS_PORT: String(port) })).rejects.toThrow(
      `DNS can't listen on 127.0.0.1:${port}: set REGISTRY_DNS_PORT`,
    );
  });
});

describe('DNS that holds', () => {
  it('fails rather than to say that nothing is there: after the start, and after a lapse', async () => {
    await start(700);
    const rcode = async () => rcodeOf(await overUdp('web.service.consul', 'SRV'));
    const isNow = (wanted: string) => eventually(rcode, (code) => code === wanted);
    expect(await rcode()).toBe('SERVFAIL');
    await isNow('NXDOMAIN');
    await register('w1', { Check: { TTL: '200ms', Status: 'passing' } });
    expect(await rcode()).toBe('NOERROR');
    await isNow('SERVFAIL');
    await isNow('NXDOMAIN');
  }, 20_000);
});
