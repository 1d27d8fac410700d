import { fromGrpcStatus, ServiceError, toGrpcStatus } from '../../errors/index.js';

export type Texts = Readonly<Record<string, string>>;

export const noTexts: Texts = Object.freeze({});
const noBytes = Buffer.alloc(0);

export function bytesOfTexts(texts: Texts): Buffer {
  for (const _ in texts) return Buffer.from(JSON.stringify(texts));
  return noBytes;
}

/** Keeps the texts of a JSON object; anything else is none. */
export function textsOfBytes(bytes: Buffer): Texts {
  if (bytes.length === 0) return noTexts;
  return textsOf(parse(bytes));
}

export const bytesOfFailure = (error: ServiceError): Buffer =>
  Buffer.from(JSON.stringify(toGrpcStatus(error)));

export function failureOfBytes(bytes: Buffer): ServiceError {
  const value = parse(bytes);
  if (typeof value !== 'object' || value === null || !('code' in value) || !('details' in value))
    return new ServiceError('internal', 'A peer failed in a way that could not be read.');
  const metadata = 'metadata' in value ? textsOf(value.metadata) : noTexts;
  return fromGrpcStatus({ code: Number(value.code), details: String(value.details), metadata });
}

function textsOf(value: unknown): Texts {
  if (typeof value !== 'object' || value === null) return noTexts;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
