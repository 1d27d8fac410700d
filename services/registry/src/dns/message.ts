import dns, { type DecodedPacket, type OptAnswer, type Packet } from 'dns-packet';
import type { DnsAnswer, ResponseCode } from './answer.js';
import { authorityRecord, type Entry, type QuestionType } from './records.js';

const CODES: Readonly<Record<ResponseCode | 'FORMERR' | 'NOTIMP', number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
};
/** What a client takes over UDP unless it says more. */
const PLAIN_UDP_BYTES = 512;
/** What we take, and what we send at most however much a client would take: past it packets are split on their way. */
const MAX_UDP_BYTES = 4_096;
export const MAX_TCP_BYTES = 65_535;
const HEADER_BYTES = 12;
const RESPONSE_BIT = 0x80;
const OPCODE_BITS = 0x78;
const KNOWN_TYPES: readonly QuestionType[] = ['A', 'AAAA', 'ANY', 'SRV', 'SOA', 'NS'];

/** A question that came, and how to answer it. */
export interface Asked {
  readonly request: DecodedPacket;
  readonly name: string;
  readonly type: QuestionType;
  /** What the client takes over UDP. */
  readonly udpBytes: number;
}

/**
 * Reads a request.
 * @returns the question; or bytes to send back at once, or undefined where silence is the answer (what isn't a request
 * at all, or is itself an answer)
 */
export function readRequest(bytes: Buffer): Asked | Buffer | undefined {
  const flags = bytes[2];
  if (bytes.length < HEADER_BYTES || flags === undefined || (flags & RESPONSE_BIT) !== 0) return undefined;
  if ((flags & OPCODE_BITS) !== 0) return refusal(bytes, 'NOTIMP');
  try {
    const request = dns.decode(bytes);
    const [question, ...more] = request.questions ?? [];
    if (question === undefined || more.length > 0) return refusal(bytes, 'FORMERR');
    if (question.class !== 'IN' && question.class !== 'ANY') return refusal(bytes, 'REFUSED');
    const opt = request.additionals?.find((record): record is OptAnswer => record.type === 'OPT');
    const udpBytes = Math.min(Math.max(opt?.udpPayloadSize ?? 0, PLAIN_UDP_BYTES), MAX_UDP_BYTES);
    const type = KNOWN_TYPES.find((known) => known === question.type) ?? 'other';
    return { request, name: question.name, type, udpBytes };
  } catch {
    return refusal(bytes, 'FORMERR');
  }
}

/** Writes an answer in at most so many bytes: entries that don't fit are left out, and TC says so. */
export function writeAnswer(asked: Asked, { code, entries }: DnsAnswer, maxBytes: number): Buffer {
  const isEmpty = entries.length === 0 && (code === 'NOERROR' || code === 'NXDOMAIN');
  const authorities = isEmpty ? [authorityRecord(Math.floor(Date.now() / 1_000))] : [];
  const { request } = asked;
  const isExtended = request.additionals?.some(({ type }) => type === 'OPT') === true;
  const base: Packet = {
    type: 'response',
    id: request.id ?? 0,
    flags: flagsOf(request) | CODES[code],
    questions: request.questions ?? [],
    answers: [],
    authorities,
    additionals: isExtended ? [{ ...OPT }] : [],
  };
  const fitting = fit(entries, maxBytes - dns.encodingLength(base));
  return dns.encode({
    ...base,
    flags: (base.flags ?? 0) | (fitting.length < entries.length ? dns.TRUNCATED_RESPONSE : 0),
    answers: fitting.map(({ answer }) => answer),
    additionals: [...fitting.flatMap(({ additional }) => additional), ...(base.additionals ?? [])],
  });
}

const OPT: OptAnswer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: MAX_UDP_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

function flagsOf({ flags = 0 }: DecodedPacket): number {
  return dns.AUTHORITATIVE_ANSWER | (flags & dns.RECURSION_DESIRED);
}

/** Names aren't compressed, so that sizes simply add up. */
function fit(entries: readonly Entry[], room: number): Entry[] {
  const fitting: Entry[] = [];
  let left = room;
  for (const entry of entries) {
    left -= sizeOf(entry);
    if (left < 0) break;
    fitting.push(entry);
  }
  return fitting;
}

function sizeOf({ answer, additional }: Entry): number {
  return dns.encodingLength({ answers: [answer, ...additional] }) - HEADER_BYTES;
}

/** The header alone, for what can't be understood. */
function refusal(bytes: Buffer, code: keyof typeof CODES): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  bytes.copy(header, 0, 0, 2);
  header.writeUInt8(RESPONSE_BIT | ((bytes[2] ?? 0) & (OPCODE_BITS | 1)), 2);
  header.writeUInt8(CODES[code], 3);
  return header;
}
