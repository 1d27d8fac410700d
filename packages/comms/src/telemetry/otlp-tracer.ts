import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type SpanContext,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { parseTraceparent, type TraceContext } from './trace-context.js';
import type { SpanFacts, Tracer } from './tracing.js';

const kinds: Readonly<Record<SpanFacts['kind'], SpanKind>> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

export interface OtlpTracerOptions {
  readonly service: string;
  readonly instance: string;
  /** Of the collector, without path, such as `http://127.0.0.1:4318`. */
  readonly endpoint: string;
}

/**
 * Sends spans to a collector by OTLP over HTTP. What is sampled follows the caller's `traceparent`, and for new traces
 * OTEL_TRACES_SAMPLER, as the SDK reads it.
 */
export function createOtlpTracer(options: OtlpTracerOptions): Tracer {
  const exporter = new OTLPTraceExporter({ url: `${options.endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'souk',
      'service.name': options.service,
      'service.instance.id': options.instance,
    }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1000 })],
  });
  const tracer = provider.getTracer('souk');
  return {
    start: ({ name, kind, attributes, links = [] }, parent) => {
      const span = tracer.startSpan(
        name,
        {
          kind: kinds[kind],
          ...(attributes ? { attributes } : {}),
          links: links.flatMap((link) => {
            const linked = parseTraceparent(link);
            return linked ? [{ context: spanContextOf(linked) }] : [];
          }),
        },
        parent ? trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent)) : ROOT_CONTEXT,
      );
      const { traceId, spanId, traceFlags } = span.spanContext();
      return {
        trace: { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 },
        end: (outcome = {}) => {
          if (outcome.attributes) span.setAttributes(outcome.attributes);
          if (outcome.error !== undefined) {
            span.setAttribute('error.type', outcome.error);
            span.setStatus({ code: SpanStatusCode.ERROR });
          }
          span.end();
        },
      };
    },
    close: () => provider.shutdown(),
  };
}

const spanContextOf = ({ traceId, spanId, sampled }: TraceContext): SpanContext => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
});
