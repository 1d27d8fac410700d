import { Client, credentials, Metadata, type ServiceError as GrpcError } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createServiceTokens, createServiceVerifier } from '../auth/index.js';
import { createPicker, type Endpoint, type Picker } from '../discovery/index.js';
import { ServiceError } from '../errors/index.js';
import { callFrom, createLogger, createMetrics, currentCall, runInCall } from '../telemetry/index.js';
import { createServiceKeys } from '../testing/service-keys.js';
import { servicesAt, toyDescriptors, toyService, type Text } from '../testing/toy-rpc.js';
import { gate, until } from '../testing/until.js';
import { probeGrpcHealth } from './health-probe.js';
import { createGrpcClient, createGrpcServer, type GrpcServer } from './index.js';

const { bundle, privateKeys } = createServiceKeys(['toy', 'order', 'stranger']);
const silent = createLogger({ service: 'toy', instance: 'toy', level: 'silent' });
const tokensOf = (name: string) => createServiceTokens(name, privateKeys.get(name) ?? '');
type Work = (request: Text) => Promise<Text>;

describe('gRPC', () => {
  const closing: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const serve = async (ask: Work, order: Work = ask): Promise<{ server: GrpcServer; endpoint: Endpoint }> => {
    const server = createGrpcServer({
      logger: silent,
      metrics: createMetrics(),
      verifyService: createServiceVerifier('toy', bundle),
      descriptorSet: toyDescriptors,
    });
    server.add(toyService, { ask, order }, { ask: ['order'], order: ['order'] });
    const port = await server.listen('127.0.0.1', 0);
    closing.push(() => server.close(100));
    return { server, endpoint: { id: `toy-${String(port)}`, address: '127.0.0.1', port, meta: {} } };
  };
  const pickerOf = (...endpoints: Endpoint[]): Picker => {
    const picker = createPicker('toy');
    picker.replace(endpoints);
    return picker;
  };
  const connect = (picker: Picker, options: { as?: string; peer?: string } = {}) => {
    const client = createGrpcClient(toyService, {
      peer: options.peer ?? 'toy',
      picker: () => Promise.resolve(picker),
      tokens: tokensOf(options.as ?? 'order'),
      metrics: createMetrics(),
      timeoutMs: 60_000,
    });
    closing.push(client.close);
    return client.methods;
  };
  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => 'ok',
      (error: unknown) => ServiceError.from(error).code,
    );
  const echo: Work = (request) => Promise.resolve(request);
  /** A call without our client: what any peer may send. */
  const raw = (endpoint: Endpoint, call: { token?: string; bytes?: Buffer; deadline?: number }) =>
    new Promise<{ code: number; bytes?: Buffer }>((resolve) => {
      const client = new Client(`ipv4:127.0.0.1:${String(endpoint.port)}`, credentials.createInsecure());
      closing.push(() => {
        client.close();
      });
      const metadata = new Metadata();
      if (call.token !== undefined) metadata.set('authorization', `Bearer ${call.token}`);
      const same = (bytes: Buffer) => bytes;
      const deadline = call.deadline === undefined ? {} : { deadline: call.deadline };
      const done = (error: GrpcError | null, bytes?: Buffer) => {
        resolve({ code: error?.code ?? 0, ...(bytes ? { bytes } : {}) });
      };
      client.makeUnaryRequest(
        '/toy.v1.ToyService/Ask',
        same,
        same,
        call.bytes ?? Buffer.alloc(0),
        metadata,
        deadline,
        done,
      );
    });

  it('carries request, response and trace', async () => {
    let traceId = '';
    const { endpoint } = await serve((request) => {
      traceId = currentCall()?.trace.traceId ?? '';
      return Promise.resolve({ text: `${request.text}, too` });
    });
    const call = callFrom(undefined);
    const answer = await runInCall(call, () => connect(pickerOf(endpoint)).ask({ text: 'äö' }));
    expect(answer).toEqual({ text: 'äö, too' });
    expect(traceId).toBe(call.trace.traceId);
  });

  it('carries errors with code, text, issues and Retry-After, and hides what was not meant for the caller', async () => {
    const issues = [{ path: '/näme', message: 'ünfit' }];
    const { endpoint } = await serve(({ text }) => {
      if (text === 'secret') throw new Error('password=1');
      throw new ServiceError('out_of_stock', 'None left – sorry', { issues, retryAfterSeconds: 7 });
    });
    const client = connect(pickerOf(endpoint));
    await expect(client.ask({ text: '' })).rejects.toMatchObject({
      code: 'out_of_stock',
      message: 'None left – sorry',
      issues,
      retryAfterSeconds: 7,
    });
    const failure = await client.ask({ text: 'secret' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'internal' });
    expect((failure as Error).message).not.toContain('password');
  });

  it('gives the server the time that the caller has, and a default where it names none', async () => {
    const seen: number[] = [];
    const { endpoint } = await serve((request) => {
      seen.push((currentCall()?.deadlineAtMs ?? 0) - Date.now());
      return Promise.resolve(request);
    });
    const client = connect(pickerOf(endpoint));
    await client.ask({ text: '' });
    seen.length = 0;
    await runInCall(callFrom(undefined, 20_700), () => client.ask({ text: '' }));
    await client.ask({ text: '' }, { timeoutMs: 20_400 });
    await raw(endpoint, { token: tokensOf('order')('toy') });
    expect(seen[0]).toBeGreaterThan(10_000);
    expect(seen[0]).toBeLessThanOrEqual(20_700);
    expect(seen[1]).toBeLessThanOrEqual(20_400);
    expect(seen[2]).toBeGreaterThan(1000);
    expect(seen[2]).toBeLessThanOrEqual(5000);
  });

  it('ends at the deadline, and never starts what is past it', async () => {
    let started = 0;
    const held = gate();
    const { endpoint } = await serve(async (request) => {
      started += 1;
      if (request.text === 'slow') await held.opened;
      return request;
    });
    const client = connect(pickerOf(endpoint));
    await client.ask({ text: '' });
    // Nothing but its deadline ends this call.
    expect(await codeOf(client.ask({ text: 'slow' }, { timeoutMs: 500 }))).toBe('deadline_exceeded');
    held.open();
    const past = { ...callFrom(undefined), deadlineAtMs: Date.now() - 1 };
    expect(await codeOf(runInCall(past, () => client.ask({ text: '' })))).toBe('deadline_exceeded');
    expect(started).toBe(2);
  });

  it('repeats only what may be repeated, and only while it is unavailable', async () => {
    const counts = { ask: 0, order: 0, conflict: 0 };
    const away = () => new ServiceError('unavailable', 'away');
    const { endpoint } = await serve(
      (request) => {
        if (request.text === 'conflict') {
          counts.conflict += 1;
          throw new ServiceError('conflict', 'no');
        }
        counts.ask += 1;
        return counts.ask < 3 ? Promise.reject(away()) : Promise.resolve(request);
      },
      () => {
        counts.order += 1;
        return Promise.reject(away());
      },
    );
    const client = connect(pickerOf(endpoint));
    expect(await client.ask({ text: 'x' })).toEqual({ text: 'x' });
    expect(await codeOf(client.order({ text: 'x' }))).toBe('unavailable');
    expect(await codeOf(client.ask({ text: 'conflict' }))).toBe('conflict');
    expect(counts).toEqual({ ask: 3, order: 1, conflict: 1 });
  });

  it('keeps retries under a budget', async () => {
    let tries = 0;
    const { endpoint } = await serve(() => {
      tries += 1;
      return Promise.reject(new ServiceError('unavailable', 'away'));
    });
    const client = connect(pickerOf(endpoint));
    for (let n = 0; n < 100; n += 1) await codeOf(client.ask({ text: '' }));
    expect(tries).toBeGreaterThan(105);
    expect(tries).toBeLessThanOrEqual(121);
  });

  it('spreads calls over its peers and gets by when one is dead', async () => {
    const counts = [0, 0, 0];
    const servers = await Promise.all(
      counts.map((_, index) =>
        serve(async (request) => {
          counts[index] = (counts[index] ?? 0) + 1;
          await new Promise(setImmediate);
          return request;
        }),
      ),
    );
    const client = connect(pickerOf(...servers.map(({ endpoint }) => endpoint)));
    const many = (n: number) =>
      Promise.all(Array.from({ length: n }, () => codeOf(client.ask({ text: '' }))));
    expect(new Set(await many(300))).toEqual(new Set(['ok']));
    for (const count of counts) expect(count).toBeGreaterThan(50);
    await servers[0]?.server.close(100);
    const outcomes: string[] = [];
    for (let n = 0; n < 100; n += 1) outcomes.push(await codeOf(client.ask({ text: '' })));
    expect(outcomes.filter((code) => code !== 'ok')).toEqual([]);
  });

  it('does not break calls in progress when their endpoint leaves the registry', async () => {
    const [begun, held] = [gate(), gate()];
    const leaving = await serve(async (request) => {
      begun.open();
      await held.opened;
      return request;
    });
    const staying = await serve(echo);
    const picker = pickerOf(leaving.endpoint);
    const client = connect(picker);
    const slow = client.order({ text: 'slow' });
    await begun.opened;
    picker.replace([staying.endpoint]);
    expect(await client.order({ text: 'quick' })).toEqual({ text: 'quick' });
    held.open();
    expect(await slow).toEqual({ text: 'slow' });
  });

  it('admits only the services that it names, by a token for it', async () => {
    let runs = 0;
    const { endpoint } = await serve((request) => {
      runs += 1;
      return Promise.resolve(request);
    });
    const picker = pickerOf(endpoint);
    expect((await raw(endpoint, {})).code).toBe(16);
    expect((await raw(endpoint, { token: 'x'.repeat(100) })).code).toBe(16);
    expect(await codeOf(connect(picker, { peer: 'other' }).ask({ text: '' }))).toBe('unauthenticated');
    expect(await codeOf(connect(picker, { as: 'stranger' }).ask({ text: '' }))).toBe('permission_denied');
    expect(runs).toBe(0);
  });

  it('refuses what is no message', async () => {
    const { endpoint } = await serve(echo);
    const token = tokensOf('order')('toy');
    expect((await raw(endpoint, { token, bytes: Buffer.from([10, 200, 1]) })).code).toBe(3);
    expect((await raw(endpoint, { token, bytes: Buffer.from([10, 1, 65]) })).bytes).toEqual(
      Buffer.from([10, 1, 65]),
    );
  });

  it('tells its health and describes itself', async () => {
    const { server, endpoint } = await serve(echo);
    const address = `127.0.0.1:${String(endpoint.port)}`;
    const ask = (service: string) => probeGrpcHealth({ address, service, timeoutMs: 2000 });
    expect(await ask(toyService.fullName)).toBe('NOT_SERVING');
    server.setServing(true);
    expect(await ask('')).toBe('SERVING');
    expect(await ask(toyService.fullName)).toBe('SERVING');
    expect(await servicesAt(address)).toEqual([toyService.fullName]);
  });

  it('lets calls in progress end when it closes, and cuts them off after the limit', async () => {
    const held = gate();
    const begun: string[] = [];
    const { server, endpoint } = await serve(async (request) => {
      begun.push(request.text);
      await held.opened;
      return request;
    });
    const client = connect(pickerOf(endpoint));
    const call = client.order({ text: 'one' });
    await until('it has begun', () => begun.length === 1);
    const closed = server.close(5000);
    held.open();
    expect(await call).toEqual({ text: 'one' });
    await closed;
    expect(await codeOf(client.order({ text: 'two' }))).toBe('unavailable');

    const forever = gate();
    closing.push(forever.open);
    let stuckCalls = 0;
    const stuck = await serve(async (request) => {
      stuckCalls += 1;
      await forever.opened;
      return request;
    });
    const cut = codeOf(connect(pickerOf(stuck.endpoint)).order({ text: '' }));
    const ready = codeOf(connect(pickerOf(stuck.endpoint)).order({ text: '' }));
    await until('both are stuck', () => stuckCalls === 2);
    const before = performance.now();
    await stuck.server.close(200);
    expect(performance.now() - before).toBeLessThan(10_000);
    expect([await cut, await ready]).toEqual(['unavailable', 'unavailable']);
  });
});
