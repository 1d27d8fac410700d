import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a service's health as the registry would, with one instance that stays. Its watches never end. */
export async function startOneInstanceRegistry(port: number): Promise<string> {
  const entry = {
    Checks: [{ Status: 'passing' }],
    Node: { Address: '127.0.0.1' },
    Service: { ID: 'echo-1', Address: '127.0.0.1', Port: port, Meta: {} },
  };
  const server = createServer((request, response) => {
    if (request.url?.includes('index=0') !== true) return;
    response.writeHead(200, { 'x-consul-index': '1' }).end(JSON.stringify([entry]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}
