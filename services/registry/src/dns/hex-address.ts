import { isIPv4, isIPv6 } from 'node:net';

const V4_DIGITS = 8;
const V6_DIGITS = 32;

/** An IP address as one DNS label: `127.0.0.1` is `7f000001`; undefined when it is no IP address. */
export function toHexAddress(address: string): string | undefined {
  if (isIPv4(address)) return hexOf(address.split('.').map(Number), 2);
  return isIPv6(address) ? hexOf(groupsOf(address), 4) : undefined;
}

/** The address that a label stands for, IPv6 in full; undefined when it stands for none. */
export function parseHexAddress(label: string): string | undefined {
  if (!/^[\da-f]+$/.test(label)) return undefined;
  if (label.length === V4_DIGITS)
    return (label.match(/../g) ?? []).map((byte) => parseInt(byte, 16)).join('.');
  if (label.length === V6_DIGITS) return (label.match(/.{4}/g) ?? []).join(':');
  return undefined;
}

function hexOf(parts: readonly number[], digits: number): string {
  return parts.map((part) => part.toString(16).padStart(digits, '0')).join('');
}

/** The eight groups of an IPv6 address: the URL parser writes its IPv4 tail and its zeros in one way. */
function groupsOf(address: string): number[] {
  const plain = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const read = (text: string) => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)));
  if (tail === undefined) return read(head);
  const [before, after] = [read(head), read(tail)];
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
