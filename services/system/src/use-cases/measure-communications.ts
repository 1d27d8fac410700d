import type { EventTransport, TopicFigures } from '@souk/comms/events';
import type { MetricPoint } from '@souk/comms/telemetry';
import type { InstanceClient } from '../clients/instance-client.js';
import type { Manifest } from '../clients/manifests.js';
import { quantile, sumOf, type Histogram } from '../domain/histogram.js';
import { createRateWindow, type RateWindow } from '../domain/rates.js';

const rateWindowMs = 30_000;

export interface CallFigures {
  readonly service: string;
  readonly calls: number;
  /** Bytes in all; divide by `calls` for the mean. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
}

export interface TopicReport {
  readonly topic: string;
  /** Messages per second into the topic, and out of it by its slowest consumer, over the last half minute. */
  readonly productionRate: number;
  readonly consumptionRate: number;
  /** What the slowest consumer could take: messages per second of the time that its handlers were at work. */
  readonly maxConsumptionRate: number;
  readonly lag: number;
  readonly messages: number;
  readonly capacity: { readonly messages: number | null; readonly bytes: number | null };
}

export interface Communications {
  readonly at: string;
  readonly topics: TopicReport[];
  readonly rpc: (CallFigures & { readonly method: string })[];
  readonly rest: (CallFigures & { readonly method: string; readonly route: string })[];
}

export interface CommunicationsMeter {
  /** Looks at the topics; done again and again, so that there are rates. */
  sample(): Promise<void>;
  report(): Promise<Communications>;
}

interface Rates {
  readonly produced: RateWindow;
  readonly consumed: Map<string, RateWindow>;
}

export function createCommunicationsMeter(deps: {
  manifests: readonly Manifest[];
  instances: InstanceClient;
  events: EventTransport;
}): CommunicationsMeter {
  const topics = [...new Set(deps.manifests.flatMap((manifest) => manifest.topics.publishes))].sort();
  const consumersOf = (topic: string) =>
    deps.manifests.filter((manifest) => manifest.topics.consumes.includes(topic)).map(({ name }) => name);
  const groups = deps.manifests
    .filter((manifest) => manifest.topics.consumes.length > 0)
    .map(({ name }) => name);
  const rates = new Map<string, Rates>();

  const sample = async (): Promise<TopicFigures[]> => {
    const figures = await deps.events.figures(topics, groups);
    const atMs = Date.now();
    for (const { topic, produced, committed } of figures) {
      const known = rates.get(topic) ?? {
        produced: createRateWindow(rateWindowMs),
        consumed: new Map<string, RateWindow>(),
      };
      rates.set(topic, known);
      known.produced.add({ atMs, count: produced });
      for (const group of consumersOf(topic)) {
        const window = known.consumed.get(group) ?? createRateWindow(rateWindowMs);
        known.consumed.set(group, window);
        window.add({ atMs, count: committed[group] ?? 0 });
      }
    }
    return figures;
  };
  return {
    sample: async () => {
      await sample();
    },
    report: async () => {
      const figures = await sample();
      const points = await Promise.all(
        deps.manifests.map(async ({ name }) => ({
          service: name,
          points: (await deps.instances.metrics(name)).flat(),
        })),
      );
      const everyPoint = points.flatMap((entry) => entry.points);
      return {
        at: new Date().toISOString(),
        topics: figures.map((figure) =>
          topicReport(figure, consumersOf(figure.topic), { rates, points, everyPoint }),
        ),
        rpc: points.flatMap((entry) => rpcFigures(entry.service, entry.points)),
        rest: points.flatMap((entry) => restFigures(entry.service, entry.points)),
      };
    },
  };
}

interface Measured {
  readonly rates: ReadonlyMap<string, Rates>;
  readonly points: readonly { readonly service: string; readonly points: readonly MetricPoint[] }[];
  readonly everyPoint: readonly MetricPoint[];
}

function topicReport(figure: TopicFigures, consumers: readonly string[], measured: Measured): TopicReport {
  const { topic, produced, committed, capacityBytes } = figure;
  const known = measured.rates.get(topic);
  const counter = (points: readonly MetricPoint[], name: string) =>
    points
      .filter((point) => point.name === name && point.attributes['messaging.destination.name'] === topic)
      .reduce((total, { value }) => total + (value ?? 0), 0);
  const publishedMessages = counter(measured.everyPoint, 'messaging.client.published.messages');
  const meanBytes =
    publishedMessages > 0
      ? counter(measured.everyPoint, 'messaging.client.published.size') / publishedMessages
      : 0;
  const most = consumers.map((consumer) => {
    const points = measured.points.find(({ service }) => service === consumer)?.points ?? [];
    const busyMs = counter(points, 'messaging.process.busy');
    return busyMs > 0 ? (counter(points, 'messaging.client.consumed.messages') * 1000) / busyMs : 0;
  });
  return {
    topic,
    productionRate: known?.produced.perSecond() ?? 0,
    consumptionRate: least([...(known?.consumed.values() ?? [])].map((window) => window.perSecond())),
    maxConsumptionRate: least(most),
    lag: Math.max(0, ...consumers.map((consumer) => produced - (committed[consumer] ?? 0))),
    messages: produced,
    capacity: {
      bytes: capacityBytes,
      messages: capacityBytes === null || meanBytes === 0 ? null : Math.floor(capacityBytes / meanBytes),
    },
  };
}

const least = (values: readonly number[]): number => (values.length === 0 ? 0 : Math.min(...values));

function rpcFigures(service: string, points: readonly MetricPoint[]): (CallFigures & { method: string })[] {
  const methodOf = ({ attributes }: MetricPoint) =>
    `${String(attributes['rpc.service'])}/${String(attributes['rpc.method'])}`;
  return grouped(points, 'rpc.server', methodOf).map(({ key, figures }) => ({
    service,
    method: key,
    ...figures,
  }));
}

function restFigures(
  service: string,
  points: readonly MetricPoint[],
): (CallFigures & { method: string; route: string })[] {
  const keyOf = ({ attributes }: MetricPoint) =>
    `${String(attributes['http.request.method'])} ${String(attributes['http.route'])}`;
  return grouped(points, 'http.server', keyOf).map(({ key, figures }) => {
    const [method = '', route = ''] = key.split(' ');
    return { service, method, route, ...figures };
  });
}

function grouped(points: readonly MetricPoint[], prefix: string, keyOf: (point: MetricPoint) => string) {
  const byKey = new Map<string, MetricPoint[]>();
  for (const point of points) {
    if (!point.name.startsWith(`${prefix}.`)) continue;
    const key = keyOf(point);
    byKey.set(key, [...(byKey.get(key) ?? []), point]);
  }
  return [...byKey].map(([key, ofKey]) => {
    const total = (measure: string): Histogram =>
      sumOf(
        ofKey.flatMap(({ name, histogram }) =>
          name === `${prefix}.${measure}` && histogram ? [histogram] : [],
        ),
      );
    const duration = total('duration');
    const rounded = (share: number) => Math.round(quantile(duration, share) * 100) / 100;
    return {
      key,
      figures: {
        calls: duration.count,
        requestBytes: total('request.size').sum,
        responseBytes: total('response.size').sum,
        latencyMs: { p50: rounded(0.5), p95: rounded(0.95), p99: rounded(0.99) },
      },
    };
  });
}
