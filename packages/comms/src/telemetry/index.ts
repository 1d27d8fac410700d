export {
  callFrom,
  currentCall,
  currentTraceId,
  currentTraceparent,
  enterCall,
  runInCall,
  type CallContext,
} from './call-context.js';
export {
  childOf,
  formatTraceparent,
  newTraceId,
  parseTraceparent,
  type TraceContext,
} from './trace-context.js';
export { createLogger, type Logger, type LoggerOptions } from './logger.js';
export { callMeasures, createMetrics, type CallMeasures, type MetricPoint, type Metrics } from './metrics.js';
export {
  installTracer,
  runInSpan,
  sendInSpan,
  startSpan,
  type Span,
  type SpanFacts,
  type Tracer,
} from './tracing.js';
export { loadOtlpTracer } from './load-otlp-tracer.js';
export { messagingMeasures, type MessagingMeasures } from './messaging-measures.js';
