import { parseHexAddress } from './hex-address.js';

/** The zone that the registry answers for. */
export const ZONE = 'consul';

/** What a name of the zone asks for. */
export type Lookup =
  /** Instances that pass; an empty tag means any. */
  | { readonly kind: 'service'; readonly name: string; readonly tag: string }
  | { readonly kind: 'node'; readonly name: string }
  /** An IP address that the name itself carries. */
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'zone' }
  /** A name of the zone that can't exist here. */
  | { readonly kind: 'none' }
  | { readonly kind: 'foreign' };

const NONE: Lookup = { kind: 'none' };

/**
 * Reads a DNS name, whatever its case: `[tag.]name.service[.dc].consul`, `_name._tag.service[.dc].consul`,
 * `name.node[.dc].consul` and `hex.addr[.dc].consul`.
 */
export function parseName(name: string, datacenter: string): Lookup {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  if (labels.pop() !== ZONE) return { kind: 'foreign' };
  if (labels.length === 0) return { kind: 'zone' };
  let kind = labels.pop();
  if (!isKind(kind)) {
    if (kind !== datacenter.toLowerCase()) return NONE;
    kind = labels.pop();
  }
  if (labels.length === 0) return NONE;
  switch (kind) {
    case 'service':
      return parseService(labels);
    case 'node':
      return { kind: 'node', name: labels.join('.') };
    case 'addr':
      return parseAddress(labels);
    case undefined:
    default:
      return NONE;
  }
}

function isKind(label: string | undefined): boolean {
  return label === 'service' || label === 'node' || label === 'addr';
}

/** The form of RFC 2782 has two labels with underscores; there, `_tcp` is no tag. */
function parseService(labels: readonly string[]): Lookup {
  const [first = '', second = ''] = labels;
  if (labels.length === 2 && first.startsWith('_') && second.startsWith('_')) {
    const tag = second.slice(1);
    return { kind: 'service', name: first.slice(1), tag: tag === 'tcp' ? '' : tag };
  }
  return { kind: 'service', name: labels.at(-1) ?? '', tag: labels.slice(0, -1).join('.') };
}

function parseAddress(labels: readonly string[]): Lookup {
  const address = labels.length === 1 ? parseHexAddress(labels[0] ?? '') : undefined;
  return address === undefined ? NONE : { kind: 'address', address };
}
