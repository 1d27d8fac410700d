import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { IncomingMessage } from '../transport.js';

/** A message of Kafka as the event door knows it: texts for headers, the first of each name. */
export const incoming = (topic: string, partition: number, message: KafkaMessage): IncomingMessage => ({
  topic,
  partition,
  offset: message.offset,
  key: message.key?.toString() ?? '',
  headers: headersOf(message.headers),
  value: message.value ?? Buffer.alloc(0),
});

function headersOf(headers: IHeaders | undefined): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) texts[name] = first.toString();
  }
  return texts;
}
