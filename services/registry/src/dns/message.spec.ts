import { describe, expect, it } from '@jest/globals';
import dns, { type Packet } from 'dns-packet';
import fc from 'fast-check';
import type { DnsAnswer } from './answer.js';
import { rcodeOf } from '../testing/dns-codes.js';
import { type Asked, readRequest, writeAnswer } from './message.js';
import { serviceEntry } from './records.js';

const NAME = '_web._tcp.service.consul';

function request(more: Packet = {}): Buffer {
  return dns.encode({ type: 'query', id: 7, questions: [{ type: 'SRV', name: NAME }], ...more });
}

function read(bytes: Buffer): Asked {
  const asked = readRequest(bytes);
  if (asked === undefined || Buffer.isBuffer(asked)) throw new Error('it was not understood');
  return asked;
}

const answerOf = (count: number): DnsAnswer => ({
  code: 'NOERROR',
  entries: Array.from({ length: count }, (_, at) =>
    serviceEntry(NAME, { address: `10.0.${at >> 8}.${at & 255}`, port: at, weight: 1 }, 'dc1'),
  ),
});

const opt = (udpPayloadSize: number): Packet => ({
  additionals: [
    {
      type: 'OPT',
      name: '.',
      udpPayloadSize,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    },
  ],
});

describe('writeAnswer', () => {
  it('keeps as many entries as fit, each with what belongs to it, and sets TC when some are left out', () => {
    fc.assert(
      fc.property(fc.nat(120), fc.integer({ min: 512, max: 4_096 }), (count, maxBytes) => {
        const bytes = writeAnswer(read(request()), answerOf(count), maxBytes);
        const answer = dns.decode(bytes);
        const kept = answer.answers?.length ?? 0;
        expect(bytes.length).toBeLessThanOrEqual(maxBytes);
        expect(answer.additionals).toHaveLength(kept);
        expect(answer.flag_tc).toBe(kept < count);
        const oneMore = writeAnswer(read(request()), answerOf(kept + 1), 65_535).length;
        expect(kept === count || oneMore > maxBytes).toBe(true);
      }),
    );
  });

  it('takes the size that the client offers, within limits', () => {
    expect(read(request()).udpBytes).toBe(512);
    expect(read(request(opt(100))).udpBytes).toBe(512);
    expect(read(request(opt(1_232))).udpBytes).toBe(1_232);
    expect(read(request(opt(65_000))).udpBytes).toBe(4_096);
  });

  it('says who speaks, repeats the question, and gives an SOA with what is empty', () => {
    const asked = read(request({ flags: dns.RECURSION_DESIRED, ...opt(4_096) }));
    const answer = dns.decode(writeAnswer(asked, { code: 'NXDOMAIN', entries: [] }, 512));
    expect(answer).toMatchObject({ id: 7, rcode: 'NXDOMAIN', flag_aa: true, flag_rd: true, flag_ra: false });
    expect(answer.questions).toMatchObject([{ name: NAME, type: 'SRV' }]);
    expect(answer.authorities).toMatchObject([{ type: 'SOA', name: 'consul', data: { minimum: 0 } }]);
    expect(answer.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 4_096 }]);
    expect(dns.decode(writeAnswer(asked, { code: 'SERVFAIL', entries: [] }, 512))).toMatchObject({
      rcode: 'SERVFAIL',
      authorities: [],
    });
  });
});

describe('readRequest', () => {
  it('is silent to answers and scraps, and refuses what it does not speak', () => {
    expect(readRequest(Buffer.alloc(0))).toBeUndefined();
    expect(readRequest(dns.encode({ type: 'response', id: 1, questions: [] }))).toBeUndefined();
    const rcode = (bytes: Buffer) => {
      const answer = readRequest(bytes);
      return Buffer.isBuffer(answer) ? rcodeOf(dns.decode(answer)) : 'understood';
    };
    expect(rcode(request())).toBe('understood');
    expect(rcode(dns.encode({ type: 'query', id: 1, questions: [] }))).toBe('FORMERR');
    expect(rcode(request().subarray(0, 20))).toBe('FORMERR');
    expect(rcode(request({ flags: 5 << 11 }))).toBe('NOTIMP');
    expect(rcode(request({ questions: [{ type: 'A', name: NAME, class: 'CH' }] }))).toBe('REFUSED');
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (noise, isPrefixed) => {
        const head = isPrefixed ? request().subarray(0, 12) : Buffer.alloc(0);
        readRequest(Buffer.concat([head, noise]));
      }),
      { numRuns: 2_000 },
    );
  });
});
