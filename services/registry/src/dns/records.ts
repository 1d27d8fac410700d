import type { Answer, StringAnswer } from 'dns-packet';
import { isIPv4, isIPv6 } from 'node:net';
import { toHexAddress } from './hex-address.js';
import { ZONE } from './names.js';

/** One record of an answer with those that come beside it; they are left out together when the answer is too long. */
export interface Entry {
  readonly answer: Answer;
  readonly additional: readonly Answer[];
}

/** Nobody shall keep an answer: instances come and go. */
const TTL_S = 0;
const SRV_PRIORITY = 1;

export type QuestionType = 'A' | 'AAAA' | 'ANY' | 'SRV' | 'SOA' | 'NS' | 'other';

/** The record that leads to an address; undefined when the question asks for another kind. */
export function addressRecord(name: string, address: string, type: QuestionType): StringAnswer | undefined {
  const fits = (wanted: QuestionType) => type === wanted || type === 'ANY';
  if (isIPv4(address)) return fits('A') ? { type: 'A', name, ttl: TTL_S, data: address } : undefined;
  if (isIPv6(address)) return fits('AAAA') ? { type: 'AAAA', name, ttl: TTL_S, data: address } : undefined;
  return fits('A') || fits('AAAA') ? { type: 'CNAME', name, ttl: TTL_S, data: address } : undefined;
}

/** Where one instance is reached. */
export interface Target {
  /** An IP address, or a host name. */
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

/** The SRV record of an instance, with the address of its target beside it. */
export function serviceEntry(name: string, { address, port, weight }: Target, datacenter: string): Entry {
  const hex = toHexAddress(address);
  const target = hex === undefined ? address : `${hex}.addr.${datacenter}.${ZONE}`;
  const data = { priority: SRV_PRIORITY, weight, port, target };
  const beside = hex === undefined ? undefined : addressRecord(target, address, 'ANY');
  return {
    answer: { type: 'SRV', name, ttl: TTL_S, data },
    additional: beside === undefined ? [] : [beside],
  };
}

/** What goes with every answer that is empty or negative; its last figure keeps nobody from asking again at once. */
export function authorityRecord(nowSeconds: number): Answer {
  return {
    type: 'SOA',
    name: ZONE,
    ttl: TTL_S,
    data: {
      mname: `ns.${ZONE}`,
      rname: `hostmaster.${ZONE}`,
      serial: nowSeconds,
      refresh: 3_600,
      retry: 600,
      expire: 86_400,
      minimum: 0,
    },
  };
}
