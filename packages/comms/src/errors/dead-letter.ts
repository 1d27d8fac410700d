import { ServiceError } from './service-error.js';

/** Why a message could not be worked on: RELIABILITY's poison classes. Only `transient` is tried again. */
export type PoisonClass = 'undecodable' | 'invalid' | 'rejected' | 'transient';

/** Headers that a dead letter carries beside those of the original message. */
export function deadLetterHeadersOf(
  reason: unknown,
  origin: { topic: string; partition: number; offset: string; consumer: string; attempts: number },
): Record<string, string> {
  const error = ServiceError.from(reason);
  return {
    dlq_topic: origin.topic,
    dlq_partition: String(origin.partition),
    dlq_offset: origin.offset,
    dlq_consumer: origin.consumer,
    dlq_attempts: String(origin.attempts),
    dlq_class: poisonClassOf(error),
    dlq_error_code: error.code,
    dlq_error: causeText(error).slice(0, 500),
    dlq_at: new Date().toISOString(),
  };
}

export function poisonClassOf(error: ServiceError): PoisonClass {
  if (error.retryable) return 'transient';
  if (error.code === 'invalid_argument') return 'invalid';
  if (error.code === 'unsupported_media_type') return 'undecodable';
  return error.code === 'internal' ? 'transient' : 'rejected';
}

const causeText = (error: ServiceError): string =>
  error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
