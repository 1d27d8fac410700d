import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TcpProbe } from '../domain/shapes.js';
import type { AddressGuard } from './address-guard.js';
import { splitHostPort } from './host-port.js';
import type { Outcome } from './probe.js';

/** Passing when a connection opens, with its TLS handshake if it has one; it is closed at once. */
export async function probeTcp(probe: TcpProbe, guard: AddressGuard): Promise<Outcome> {
  const { host, port } = splitHostPort(probe.address);
  const address = await guard.resolve(host);
  const tls = probe.tls !== 'off';
  const socket = tls
    ? connectTls({ host: address, port, servername: host, rejectUnauthorized: probe.tls === 'verify' })
    : connect({ host: address, port });
  const timeout = setTimeout(() => {
    socket.destroy(new Error(`timed out after ${probe.timeoutMs} ms`));
  }, probe.timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    return { status: 'passing', output: `TCP connect ${probe.address}: Success` };
  } finally {
    clearTimeout(timeout);
    socket.destroy();
  }
}
