import type { DecodedPacket } from 'dns-packet';

/** The response code of a packet by its name, which the library's types leave out. */
export function rcodeOf(packet: DecodedPacket): string {
  return 'rcode' in packet ? String(packet.rcode) : '';
}
