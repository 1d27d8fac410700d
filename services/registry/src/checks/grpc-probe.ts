import { isIPv6 } from 'node:net';
import type { GrpcProbe } from '../domain/shapes.js';
import type { AddressGuard } from './address-guard.js';
import { splitHostPort } from './host-port.js';
import type { Outcome } from './probe.js';

/** Passing when grpc.health.v1 says SERVING. The gRPC library is loaded with the first such check. */
export async function probeGrpc(probe: GrpcProbe, guard: AddressGuard): Promise<Outcome> {
  const { host, port } = splitHostPort(probe.address);
  const address = await guard.resolve(host);
  const { probeGrpcHealth } = await import('@souk/comms/grpc/health-probe');
  const answer = await probeGrpcHealth({
    address: isIPv6(address) ? `ipv6:[${address}]:${port}` : `ipv4:${address}:${port}`,
    service: probe.service,
    timeoutMs: probe.timeoutMs,
    ...(probe.tls === 'off' ? {} : { tls: { verify: probe.tls === 'verify', serverName: host } }),
  });
  return {
    status: answer === 'SERVING' ? 'passing' : 'critical',
    output: `gRPC check ${probe.address}: ${answer}`,
  };
}
