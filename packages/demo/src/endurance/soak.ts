import { textTable } from '../table.js';
import { invariantsVerdict, onGround, type Ground, type Outcome, type Settings } from './ground.js';
import { forSeconds, openPace } from './pace.js';
import { pointsOf, startSampling, untilDrained, type Sample } from './sampling.js';
import { trendOf, warmUpOf, type Point } from './trend.js';
import { descriptorsVerdict, memoryVerdict, noFailureVerdict } from './verdict.js';
import { visit } from './visit.js';

const defaultSeconds = 30 * 60;
const reportEverySamples = 6;

/** A moderate, steady load for half an hour: nothing grows, nothing falls behind, nothing fails. */
export const soak = (settings: Settings): Promise<Outcome> =>
  onGround(settings, {}, (ground) => soakOn(ground, settings));

async function soakOn(ground: Ground, settings: Settings): Promise<Outcome> {
  const { system, crowd } = ground;
  const { report } = settings;
  let taken = 0;
  const sampling = startSampling(ground, (sample) => {
    if (taken++ % reportEverySamples === 0) report(lineOf(sample));
  });
  const startedAt = performance.now();
  const over = forSeconds(settings.seconds ?? defaultSeconds, settings.interrupted);
  const begunPerSecond = await openPace({ perSecond: settings.pace, over }, (index) => visit(crowd, index));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const samples = [...sampling.samples];
  const drainedAfterS = await untilDrained(sampling).finally(() => sampling.stop());
  const asked = crowd.asks.take();

  const warmUpS = warmUpOf(seconds);
  const rss = pointsOf(samples, 'rssMiB', warmUpS);
  const descriptors = pointsOf(samples, 'descriptors', warmUpS);
  const rows = Object.keys({ ...rss, ...descriptors }).map((instance) => ({
    instance,
    rssMiB: rowOf(rss[instance]),
    descriptors: rowOf(descriptors[instance]),
  }));
  report(tableOf(rows));
  const mostLag = most(samples.map(({ lag = 0 }) => lag));
  const mostUnpublished = most(samples.map(({ unpublished }) => unpublished));
  return {
    figures: {
      events: system.events.kind,
      seconds,
      warmUpS,
      visitsPerSecond: begunPerSecond,
      asked,
      lag: { most: mostLag, mostUnpublished, drainedAfterS: drainedAfterS ?? 'never' },
      processes: rows,
      samples,
    },
    verdicts: [
      memoryVerdict(rss),
      descriptorsVerdict(descriptors),
      {
        promise: 'lag returns to 0',
        isKept: drainedAfterS !== undefined,
        says: `${String(drainedAfterS ?? 'never')} s after the load; at most ${String(mostLag)} events behind and ${String(mostUnpublished)} not published`,
      },
      noFailureVerdict(asked),
      await invariantsVerdict(ground),
    ],
  };
}

const most = (values: readonly number[]): number => Math.max(0, ...values);

const lineOf = ({ atS, rssMiB, lag, unpublished }: Sample): string => {
  const total = Object.values(rssMiB).reduce((sum, value) => sum + value, 0);
  return `${atS.toFixed(0)} s: ${total.toFixed(0)} MiB in all, lag ${String(lag ?? 'unknown')}, ${String(unpublished)} not published`;
};

type Cells = Readonly<Record<(typeof cells)[number], number>> | 'unknown';
const cells = ['first', 'firstThird', 'lastThird', 'slopePerHour'] as const;

function rowOf(points: readonly Point[] = []): Cells {
  const trend = trendOf(points);
  return trend === undefined
    ? 'unknown'
    : { ...trend, slopePerHour: Math.round(trend.slopePerHour * 10) / 10 };
}

const tableOf = (rows: readonly { instance: string; rssMiB: Cells; descriptors: Cells }[]): string =>
  textTable(
    ['process', ...cells.map((cell) => `MiB ${cell}`), ...cells.map((cell) => `fd ${cell}`)],
    rows.map(({ instance, rssMiB, descriptors }) => [
      instance,
      ...[rssMiB, descriptors].flatMap((values) =>
        cells.map((cell) => (values === 'unknown' ? values : String(values[cell]))),
      ),
    ]),
  );
