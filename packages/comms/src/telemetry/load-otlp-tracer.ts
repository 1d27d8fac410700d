import type { OtlpTracerOptions } from './otlp-tracer.js';
import type { Tracer } from './tracing.js';

/** The tracer that sends to a collector; the SDK is loaded here, so that who wants no spans goes without. */
export async function loadOtlpTracer(options: OtlpTracerOptions): Promise<Tracer> {
  const { createOtlpTracer } = await import('./otlp-tracer.js');
  return createOtlpTracer(options);
}
