import { uuidv7 } from 'uuidv7';
import { currentTraceparent } from '../telemetry/index.js';

/** How many groups of subjects relays share out among themselves. */
export const bucketCount = 16;

/** A fact about one aggregate, ready to be written beside it. */
export interface OutboxMessage {
  readonly id: string;
  readonly topic: string;
  /** The aggregate's id: the message's key and `ce_subject`. */
  readonly subject: string;
  /** The aggregate's version that this fact made, from 1 without gaps: `ce_sequence`. */
  readonly version: number;
  /** Full name of the protobuf message: `ce_type`. */
  readonly type: string;
  readonly payload: Uint8Array;
  readonly traceparent: string;
}

/** @param fact everything but the id and the trace, which is that of the current call unless given */
export const createMessage = (
  fact: Omit<OutboxMessage, 'id' | 'traceparent'> & { traceparent?: string },
): OutboxMessage => ({ traceparent: currentTraceparent(), ...fact, id: uuidv7() });

/** FNV-1a over the subject: every writer and relay must agree on it for ever. */
export function bucketOf(subject: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < subject.length; index += 1) {
    hash = Math.imul(hash ^ subject.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % bucketCount;
}
