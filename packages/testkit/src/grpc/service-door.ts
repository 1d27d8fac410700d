import { readFileSync } from 'node:fs';
import { createServiceTokens } from '@souk/comms/auth';
import { createRegistryClient } from '@souk/comms/discovery';
import type { System } from '../system.js';

/** Where a service answers gRPC. @returns `host:port` @throws when no instance passes */
export async function grpcAddressOf(system: System, service: string): Promise<string> {
  const registry = createRegistryClient(system.inside.registryUrl);
  try {
    const { endpoints } = await registry.passing(`${service}-grpc`, { index: 0, waitSeconds: 0 });
    const [endpoint] = endpoints;
    if (!endpoint) throw new Error(`No instance of ${service}-grpc passes.`);
    return `${endpoint.address}:${String(endpoint.port)}`;
  } finally {
    await registry.close();
  }
}

/** The token that `caller` would show `peer`. */
export function serviceToken(system: System, caller: string, peer: string): string {
  const keyFile = system.inside.serviceKeyFiles[caller];
  if (keyFile === undefined) throw new Error(`There is no key of ${caller}.`);
  return createServiceTokens(caller, readFileSync(keyFile, 'utf8'))(peer);
}
