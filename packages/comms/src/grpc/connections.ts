import { isIPv6 } from 'node:net';
import type { Endpoint, Picker } from '../discovery/index.js';
import { createConnection, type Connection, type ConnectionDeps } from './connection.js';

/** One connection per endpoint; those of endpoints that are gone take no new calls. */
export interface Connections {
  to(endpoint: Endpoint): Connection;
  /** Lets go of what is not among the picker's endpoints. */
  keepOnly(picker: Picker): void;
  close(): void;
  readonly size: { readonly calls: number; readonly queued: number };
}

export function createConnections(deps: ConnectionDeps): Connections {
  const byEndpoint = new WeakMap<Endpoint, Connection>();
  const byAddress = new Map<string, Connection>();
  let seen: readonly Endpoint[] | undefined;

  const open = (endpoint: Endpoint): Connection => {
    const address = addressOf(endpoint);
    const connection = byAddress.get(address) ?? createConnection(address, deps);
    byAddress.set(address, connection);
    byEndpoint.set(endpoint, connection);
    return connection;
  };
  return {
    get size() {
      const sizes = [...byAddress.values()].map(({ size }) => size);
      return {
        calls: sizes.reduce((sum, { calls }) => sum + calls, 0),
        queued: sizes.reduce((sum, { queued }) => sum + queued, 0),
      };
    },
    to: (endpoint) => {
      const known = byEndpoint.get(endpoint);
      return known && byAddress.size > 0 ? known : open(endpoint);
    },
    keepOnly: ({ endpoints }) => {
      if (endpoints === seen) return;
      seen = endpoints;
      const wanted = new Set(endpoints.map(addressOf));
      for (const [address, connection] of byAddress) {
        if (wanted.has(address)) continue;
        connection.close();
        byAddress.delete(address);
      }
    },
    close: () => {
      for (const connection of byAddress.values()) connection.close();
      byAddress.clear();
    },
  };
}

const addressOf = ({ address, port }: Endpoint): string =>
  isIPv6(address) ? `ipv6:[${address}]:${String(port)}` : `ipv4:${address}:${String(port)}`;
