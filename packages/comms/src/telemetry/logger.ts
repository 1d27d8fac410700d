import { destination, pino, type DestinationStream, type Logger } from 'pino';
import { currentCall } from './call-context.js';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly service: string;
  readonly instance: string;
  readonly level: string;
  /** Where lines go; standard output unless given. */
  readonly stream?: DestinationStream;
}

/** JSON lines with the trace of the call they were written in. Values are escaped by JSON: no line can be forged. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service, instance: options.instance },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          '*.password',
          '*.token',
          '*.authorization',
          '*.accessToken',
          '*.refreshToken',
          '*.paymentToken',
        ],
        censor: '[redacted]',
      },
      mixin: () => {
        const call = currentCall();
        return call ? { traceId: call.trace.traceId, spanId: call.trace.spanId } : {};
      },
    },
    options.stream ?? destination({ dest: 1, sync: false, minLength: 0 }),
  );
}
