import { once } from 'node:events';
import { request as requestPlainly, type IncomingMessage } from 'node:http';
import { request as requestByTls } from 'node:https';
import { text } from 'node:stream/consumers';
import type { System } from '../system.js';
import { serviceTls } from './service-tls.js';

/** One GET at a service's own door, past the gateway, as another service would send it. */
export async function askService(
  system: System,
  door: { service: string; address: string; port: number },
  path: string,
): Promise<{ status: number; body: string }> {
  const caller = system.inside.services.find((name) => name !== door.service) ?? '';
  const tls = serviceTls(system, caller, door.service);
  const options = { host: door.address, port: door.port, path };
  const asked = tls ? requestByTls({ ...options, ...tls }) : requestPlainly(options);
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, body: await text(answer) };
}
