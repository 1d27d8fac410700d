import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { verifySignature } from './signature.js';

const body = Buffer.from('{"events":[]}');
const sign = (secret: string, at: number): string =>
  `t=${String(at)},v1=${createHmac('sha256', secret)
    .update(`${String(at)}.${body.toString()}`)
    .digest('hex')}`;
const verify = (header: string, nowSeconds = 1000): boolean =>
  verifySignature(body, header, { secrets: ['new', 'old'], nowSeconds });

describe('the signature of a webhook', () => {
  it('may be made by either secret', () => {
    expect(verify(sign('new', 1000))).toBe(true);
    expect(verify(sign('old', 1000))).toBe(true);
    expect(verify(sign('other', 1000))).toBe(false);
  });

  it.each([
    [699, false],
    [700, true],
    [1300, true],
    [1301, false],
  ])('made at %i and read at 1000 is accepted: %s', (at, accepted) => {
    expect(verify(sign('new', at))).toBe(accepted);
  });

  const genuine = sign('new', 1000);
  const mac = genuine.slice(-64);
  it.each([
    '',
    't=1000',
    't=1000,v1=00',
    `t=x,v1=${mac}`,
    `v1=${mac},t=1000`,
    `t=1000,v0=${mac}`,
    `t=1000,v1=${mac}0`,
    `t=1000,v1=${mac.slice(1)}`,
    `t=1000,v1=${mac.toUpperCase()}A`,
    `t=1000,v1=${'0'.repeat(64)}`,
    `t=+1000,v1=${mac}`,
    `t=1e3,v1=${mac}`,
    `t=01000,v1=${mac}`,
    `t=,v1=${mac}`,
    `t=-1000,v1=${mac}`,
    `t=1000, v1=${mac}`,
    ` ${genuine}`,
    `${genuine}\n`,
    `${genuine},v1=${mac}`,
    `t=900,${genuine}`,
    mac,
  ])('%j is none', (header) => {
    expect(verify(header)).toBe(false);
  });

  it('covers the body and the time', () => {
    const header = sign('new', 1000);
    expect(verifySignature(Buffer.from('{}'), header, { secrets: ['new'], nowSeconds: 1000 })).toBe(false);
    expect(verify(header.replace('t=1000', 't=1001'))).toBe(false);
  });
});
