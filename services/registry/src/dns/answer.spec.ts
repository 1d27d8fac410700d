import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Status } from '../domain/shapes.js';
import { setMaintenance, updateCheck } from '../store/service-changes.js';
import { createMemoryStore, type MemoryStore } from '../testing/memory-store.js';
import { answerQuestion } from './answer.js';
import { Hold } from './hold.js';
import type { QuestionType } from './records.js';

const HOLD_MS = 30_000;

let memory: MemoryStore;
let hold: Hold;
let nowMs: number;
beforeEach(() => {
  memory = createMemoryStore();
  hold = new Hold(HOLD_MS, memory.store.catalog);
  nowMs = HOLD_MS;
});

const ask = (name: string, type: QuestionType = 'A') => {
  const deps = {
    catalog: memory.store.catalog,
    hold,
    datacenter: 'dc1',
    nowMs: () => nowMs,
    random: () => 0,
  };
  const { code, entries } = answerQuestion({ name, type }, deps);
  const answers = entries.map(({ answer }) => ('data' in answer ? answer.data : undefined));
  return { code, answers, additional: entries.flatMap(({ additional }) => additional) };
};
const register = (id: string, more: object = {}, status: Status = 'passing') => {
  memory.register({ Name: 'web', ID: id, Port: 80, Check: { TTL: '10s', Status: status }, ...more });
};
const turn = (id: string, status: Status) => {
  const { changes } = updateCheck(memory.store.catalog, `service:${id}`, { status, output: '' });
  void memory.store.commit(changes);
};

describe('a question for a service', () => {
  it('finds its passing instances, each address once', () => {
    register('w1', { Address: '10.0.0.1' });
    register('w2', { Address: '10.0.0.1', Port: 81 });
    register('w3', { Address: '10.0.0.3' }, 'warning');
    register('w4', { Address: '10.0.0.4' }, 'critical');
    expect(ask('web.service.consul')).toEqual({ code: 'NOERROR', answers: ['10.0.0.1'], additional: [] });
  });

  it('tells port, weight and target, with the address of the target beside it', () => {
    register('w1', { Address: '10.0.0.1', Weights: { Passing: 7, Warning: 1 } });
    expect(ask('_web._tcp.service.consul', 'SRV')).toEqual({
      code: 'NOERROR',
      answers: [{ priority: 1, weight: 7, port: 80, target: '0a000001.addr.dc1.consul' }],
      additional: [{ type: 'A', name: '0a000001.addr.dc1.consul', ttl: 0, data: '10.0.0.1' }],
    });
  });

  it('knows tags in both forms, whatever their case', () => {
    register('w1', { Address: '10.0.0.1', Tags: ['Blue'] });
    register('w2', { Address: '10.0.0.2', Tags: ['green'] });
    expect(ask('blue.web.service.consul').answers).toEqual(['10.0.0.1']);
    expect(ask('_web._green.service.consul').answers).toEqual(['10.0.0.2']);
    expect(ask('red.web.service.consul').code).toBe('NXDOMAIN');
  });

  it('falls back to the address of the node, and gives host names as they are', () => {
    register('w1');
    expect(ask('web.service.consul').answers).toEqual(['127.0.0.1']);
    register('w1', { Address: 'box.example' });
    expect(ask('web.service.consul', 'SRV').answers).toMatchObject([{ target: 'box.example' }]);
    expect(ask('web.service.consul').answers).toEqual(['box.example']);
  });

  it('answers nothing, but no error, for the other family', () => {
    register('w1', { Address: 'fd00::1' });
    expect(ask('web.service.consul')).toEqual({ code: 'NOERROR', answers: [], additional: [] });
    expect(ask('web.service.consul', 'AAAA').answers).toEqual(['fd00::1']);
  });

  it('gives instances in another order from time to time', () => {
    for (const at of [1, 2, 3]) register(`w${at}`, { Address: `10.0.0.${at}` });
    const orders = new Set<string>();
    const deps = {
      catalog: memory.store.catalog,
      hold,
      datacenter: 'dc1',
      nowMs: () => nowMs,
      random: Math.random,
    };
    for (let round = 0; round < 200; round += 1) {
      const { entries } = answerQuestion({ name: 'web.service.consul', type: 'A' }, deps);
      orders.add(JSON.stringify(entries));
    }
    expect(orders.size).toBe(6);
  });
});

describe('an empty answer', () => {
  it('is not to be believed for a while after the start', () => {
    hold.begin(nowMs);
    expect(ask('web.service.consul', 'SRV').code).toBe('SERVFAIL');
    register('w1');
    expect(ask('web.service.consul', 'SRV').code).toBe('NOERROR');
    nowMs += HOLD_MS;
    expect(ask('other.service.consul', 'SRV').code).toBe('NXDOMAIN');
  });

  it('is not to be believed for a while after all instances lapsed', () => {
    register('w1');
    turn('w1', 'critical');
    hold.noteLapse('w1', nowMs);
    expect(ask('WEB.service.consul').code).toBe('SERVFAIL');
    nowMs += HOLD_MS - 1;
    expect(ask('web.service.consul').code).toBe('SERVFAIL');
    nowMs += 1;
    expect(ask('web.service.consul').code).toBe('NXDOMAIN');
  });

  it('is the truth when instances left or failed by their own word', () => {
    register('w1');
    turn('w1', 'critical');
    expect(ask('web.service.consul').code).toBe('NXDOMAIN');
    turn('w1', 'passing');
    void memory.store.commit(setMaintenance(memory.store.catalog, 'w1', { enable: true, reason: '' }));
    expect(ask('web.service.consul').code).toBe('NXDOMAIN');
    register('w2');
    hold.noteLapse('w2', nowMs);
    memory.deregister('w1');
    memory.deregister('w2');
    expect(ask('web.service.consul').code).toBe('NXDOMAIN');
  });

  it('is never held when the hold is off', () => {
    hold = new Hold(0, memory.store.catalog);
    hold.begin(nowMs);
    register('w1', {}, 'critical');
    hold.noteLapse('w1', nowMs);
    expect(ask('web.service.consul').code).toBe('NXDOMAIN');
  });
});

describe('other names', () => {
  it('are nodes, addresses and the zone', () => {
    expect(ask('Test-Node.node.consul').answers).toEqual(['127.0.0.1']);
    expect(ask('none.node.consul').code).toBe('NXDOMAIN');
    expect(ask('0a000001.addr.dc1.consul').answers).toEqual(['10.0.0.1']);
    expect(ask('0a000001.addr.dc1.consul', 'AAAA')).toMatchObject({ code: 'NOERROR', answers: [] });
    expect(ask('consul', 'SOA').answers).toMatchObject([{ mname: 'ns.consul' }]);
    expect(ask('example.com').code).toBe('REFUSED');
  });
});
