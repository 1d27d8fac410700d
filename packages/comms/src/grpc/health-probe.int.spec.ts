import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { probeGrpcHealth } from './health-probe.js';

describe('probeGrpcHealth', () => {
  let server: Server;
  let health: HealthImplementation;
  let address: string;

  beforeEach(async () => {
    server = new Server();
    health = new HealthImplementation({ '': 'SERVING', shop: 'NOT_SERVING' });
    health.addToServer(server);
    address = await new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(`ipv4:127.0.0.1:${port}`);
        else reject(error);
      });
    });
  });
  afterEach(() => {
    server.forceShutdown();
  });

  const ask = (service: string, timeoutMs = 2_000) => probeGrpcHealth({ address, service, timeoutMs });

  it('gives what the server says, as it changes', async () => {
    expect(await ask('')).toBe('SERVING');
    expect(await ask('shop')).toBe('NOT_SERVING');
    expect(await ask('nothing')).toBe('SERVICE_UNKNOWN');
    health.setStatus('shop', 'SERVING');
    expect(await ask('shop')).toBe('SERVING');
  });

  it('says so when nobody listens', async () => {
    server.forceShutdown();
    expect(await ask('')).toBe('UNREACHABLE');
  });

  it('ends at its timeout when the server is silent', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const bound = silent.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
    try {
      const answer = await probeGrpcHealth({
        address: `ipv4:127.0.0.1:${port}`,
        service: '',
        timeoutMs: 300,
      });
      expect(answer).toBe('TIMED_OUT');
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });
});
