import { lookup as resolve } from 'node:dns';
import { lookup as resolveOne } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Loopback and private networks: where checked services live unless the configuration says otherwise. */
export const DEFAULT_CHECK_NETWORKS = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
] as const;

/** Decides which addresses a probe may reach: checks are an open door for forged requests otherwise. */
export interface AddressGuard {
  /** A drop-in for `dns.lookup` that yields allowed addresses only, asked at each connection. */
  readonly lookup: LookupFunction;
  /**
   * Resolves a host once and returns the address to connect to.
   * @throws Error when it has no allowed address
   */
  resolve(host: string): Promise<string>;
}

/** @throws Error for text that is no CIDR */
export function createAddressGuard(networks: readonly string[]): AddressGuard {
  const allowed = new BlockList();
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    const family = isIP(address);
    if (family === 0 || !/^\d+$/.test(bits)) throw new Error(`${network} is not a network in CIDR form`);
    allowed.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  }
  const isAllowed = (address: string) => allowed.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  const lookup: LookupFunction = (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        done(error, '', 0);
        return;
      }
      const usable = addresses.filter(({ address }) => isAllowed(address));
      const [first] = usable;
      if (first === undefined) {
        done(refused(host), '', 0);
        return;
      }
      if (options.all === true) {
        done(null, usable);
        return;
      }
      done(null, first.address, first.family);
    });
  };

  return {
    lookup,
    resolve: async (host) => {
      const bare = host.replace(/^\[(.*)\]$/, '$1');
      const addresses = await resolveOne(bare, { all: true });
      const usable = addresses.find(({ address }) => isAllowed(address));
      if (usable === undefined) throw refused(host);
      return usable.address;
    },
  };
}

function refused(host: string): Error {
  return new Error(`${host} is outside the networks that checks may reach`);
}
