import type { Attributes, Meter } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { DataPointType, MeterProvider, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { createCallHistograms, type CallHistograms, type Record } from './call-histograms.js';

export interface Metrics {
  readonly meter: Meter;
  /** Prometheus text exposition of everything recorded so far. */
  expose(): Promise<string>;
  /** The same as data, for whoever adds up the figures of several processes. */
  snapshot(): Promise<MetricPoint[]>;
  close(): Promise<void>;
}

/** One series: a counter's value, or a histogram's counts per bucket (the last one is what lies above all boundaries). */
export interface MetricPoint {
  readonly name: string;
  readonly attributes: Attributes;
  readonly value?: number;
  readonly histogram?: {
    readonly boundaries: readonly number[];
    readonly counts: readonly number[];
    readonly sum: number;
    readonly count: number;
  };
}

const millisecondBuckets = [0.5, 1, 2, 3, 5, 7.5, 10, 15, 25, 50, 75, 100, 250, 500, 1000, 2500, 5000, 10000];
const byteBuckets = [64, 256, 1024, 4096, 16384, 65536, 262144, 1048576];

/** The histograms of calls that go with a meter of ours. */
const histogramsOf = new WeakMap<Meter, CallHistograms>();

export function createMetrics(): Metrics {
  const histograms = createCallHistograms();
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    // The exporter bundles a nominally different copy of the SDK's enums; the values are the same.
    metricProducers: [histograms.producer],
  });
  const provider = new MeterProvider({ readers: [exporter] });
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  const meter = provider.getMeter('souk');
  histogramsOf.set(meter, histograms);
  return {
    meter,
    expose: async () => serializer.serialize((await exporter.collect()).resourceMetrics),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
    snapshot: async () => pointsOf((await exporter.collect()).resourceMetrics),
    close: () => provider.shutdown(),
  };
}

const pointsOf = ({ scopeMetrics }: ResourceMetrics): MetricPoint[] =>
  scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap((metric): MetricPoint[] => {
      const { name } = metric.descriptor;
      if (metric.dataPointType === DataPointType.HISTOGRAM) {
        return metric.dataPoints.map(({ attributes, value }) => ({
          name,
          attributes,
          histogram: { ...value.buckets, sum: value.sum ?? 0, count: value.count },
        }));
      }
      if (metric.dataPointType !== DataPointType.SUM) return [];
      return metric.dataPoints.map(({ attributes, value }) => ({ name, attributes, value }));
    }),
  );

/** What is measured of one direction of one transport: calls (the duration's count), latency and sizes. */
export interface CallMeasures {
  readonly durationMs: Record;
  readonly requestBytes: Record;
  readonly responseBytes: Record;
}

/**
 * Histograms named after the OpenTelemetry semantic conventions, with milliseconds and bytes as units.
 * @param prefix `rpc.server`, `rpc.client`, `http.server` or `http.client`
 */
export function callMeasures(meter: Meter, prefix: string): CallMeasures {
  const duration = histogram(meter, `${prefix}.duration`, { unit: 'ms', boundaries: millisecondBuckets });
  const request = histogram(meter, `${prefix}.request.size`, { unit: 'By', boundaries: byteBuckets });
  const response = histogram(meter, `${prefix}.response.size`, { unit: 'By', boundaries: byteBuckets });
  return { durationMs: duration, requestBytes: request, responseBytes: response };
}

function histogram(meter: Meter, name: string, shape: { unit: string; boundaries: number[] }): Record {
  const histograms = histogramsOf.get(meter);
  if (histograms) return histograms.create({ name, ...shape });
  const instrument = meter.createHistogram(name, {
    unit: shape.unit,
    advice: { explicitBucketBoundaries: shape.boundaries },
  });
  return (value, attributes) => {
    instrument.record(value, attributes);
  };
}
