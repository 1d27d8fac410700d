import { ValueType, type Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type CollectionResult,
  type HistogramMetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';

export type Record = (value: number, attributes: Attributes) => void;

export interface HistogramShape {
  readonly name: string;
  readonly unit: string;
  readonly boundaries: readonly number[];
}

/** Histograms that OpenTelemetry collects beside its own. */
export interface CallHistograms {
  readonly producer: MetricProducer;
  /** The one of this name, made when first asked for. */
  create(shape: HistogramShape): Record;
}

interface Series {
  readonly attributes: Attributes;
  readonly counts: number[];
  sum: number;
  count: number;
  min: number;
  max: number;
}

/**
 * The SDK sorts and serialises the attributes of each value to find its series, which took a fifth of a call's time.
 * Here an object of attributes that is recorded again and again is serialised once; callers keep theirs.
 */
export function createCallHistograms(): CallHistograms {
  const startTime = hrTime();
  const histograms = new Map<string, { record: Record; collect: () => HistogramMetricData }>();
  return {
    create: (shape) => {
      let histogram = histograms.get(shape.name);
      if (!histogram) {
        const { record, series } = createHistogram(shape);
        histogram = { record, collect: () => dataOf(shape, startTime, series()) };
        histograms.set(shape.name, histogram);
      }
      return histogram.record;
    },
    producer: {
      collect: () => {
        const metrics = [...histograms.values()]
          .map(({ collect }) => collect())
          .filter(({ dataPoints }) => dataPoints.length > 0);
        const scopeMetrics = metrics.length === 0 ? [] : [{ scope: { name: 'souk' }, metrics }];
        // The reader takes the resource from its own SDK.
        const resourceMetrics = { scopeMetrics } as unknown as CollectionResult['resourceMetrics'];
        return Promise.resolve({ resourceMetrics, errors: [] });
      },
    },
  };
}

function createHistogram({ boundaries }: HistogramShape) {
  const byText = new Map<string, Series>();
  const byObject = new WeakMap<Attributes, Series>();

  const seriesOf = (attributes: Attributes): Series => {
    const text = JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
    let series = byText.get(text);
    if (!series) {
      const counts = new Array<number>(boundaries.length + 1).fill(0);
      series = { attributes: { ...attributes }, counts, sum: 0, count: 0, min: Infinity, max: -Infinity };
      byText.set(text, series);
    }
    byObject.set(attributes, series);
    return series;
  };
  return {
    series: () => byText.values(),
    record: (value: number, attributes: Attributes) => {
      const series = byObject.get(attributes) ?? seriesOf(attributes);
      let bucket = 0;
      while (bucket < boundaries.length && value > (boundaries[bucket] ?? Infinity)) bucket += 1;
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
      series.sum += value;
      series.count += 1;
      if (value < series.min) series.min = value;
      if (value > series.max) series.max = value;
    },
  };
}

function dataOf(
  { name, unit, boundaries }: HistogramShape,
  startTime: [number, number],
  series: Iterable<Series>,
): HistogramMetricData {
  return {
    descriptor: {
      name,
      unit,
      description: '',
      valueType: ValueType.DOUBLE,
      advice: {},
    } as HistogramMetricData['descriptor'],
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: [...series].map(({ attributes, counts, sum, count, min, max }) => ({
      startTime,
      endTime: hrTime(),
      attributes,
      value: { buckets: { boundaries: [...boundaries], counts: [...counts] }, sum, count, min, max },
    })),
  };
}

function hrTime(): [number, number] {
  const nowMs = Date.now();
  return [Math.floor(nowMs / 1000), (nowMs % 1000) * 1e6];
}
