import { describe, expect, it } from '@jest/globals';
import { parseName } from './names.js';

describe('parseName', () => {
  it.each([
    ['web.service.consul', { kind: 'service', name: 'web', tag: '' }],
    ['WEB.Service.DC1.Consul.', { kind: 'service', name: 'web', tag: '' }],
    ['blue.web.service.consul', { kind: 'service', name: 'web', tag: 'blue' }],
    ['v1.2.web.service.dc1.consul', { kind: 'service', name: 'web', tag: 'v1.2' }],
    ['_web._tcp.service.consul', { kind: 'service', name: 'web', tag: '' }],
    ['_web._blue.service.dc1.consul', { kind: 'service', name: 'web', tag: 'blue' }],
    ['box.node.consul', { kind: 'node', name: 'box' }],
    ['box.east.node.dc1.consul', { kind: 'node', name: 'box.east' }],
    ['7f000001.addr.dc1.consul', { kind: 'address', address: '127.0.0.1' }],
    [
      `${'0'.repeat(31)}1.addr.consul`,
      { kind: 'address', address: '0000:0000:0000:0000:0000:0000:0000:0001' },
    ],
    ['consul', { kind: 'zone' }],
    ['service.consul', { kind: 'none' }],
    ['web.service.dc2.consul', { kind: 'none' }],
    ['xyz.addr.consul', { kind: 'none' }],
    ['web.query.consul', { kind: 'none' }],
    ['web.service.example.com', { kind: 'foreign' }],
    ['', { kind: 'foreign' }],
  ])('reads %p', (name, lookup) => {
    expect(parseName(name, 'dc1')).toEqual(lookup);
  });
});
