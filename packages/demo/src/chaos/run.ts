import { setTimeout as delay } from 'node:timers/promises';
import { call, createRandom, oneOf, until, type Random } from '@souk/testkit';
import { verifyWhenQuiet } from '../verify/verify.js';
import { startCustomers, type Customer } from './customers.js';
import { faults, type Fault, type Strike } from './faults/index.js';
import type { ChaosGround } from './ground.js';
import { checkHistory, type Act, type AnsweredOrder, type Broken, type Final } from './history.js';

/** What became of one run. */
export interface RunResult {
  readonly seed: number;
  /** In the order in which they struck. */
  readonly faults: readonly string[];
  readonly what: string;
  readonly requests: number;
  /** Requests that had to be sent again. */
  readonly repeats: number;
  readonly orders: number;
  /** From the end of the fault until every order had ended and every invariant held. */
  readonly healedAfterMs: number;
  readonly broken: readonly Broken[];
  readonly acts: readonly Act[];
}

const beforeMs = 800;
const afterMs = 800;
/** So often a second fault strikes while the system recovers from the first. */
const secondRate = 0.3;
const healWithinMs = 120_000;
const finalStates = ['paid', 'cancelled', 'refunded'];
const letterTopics = ['order.events.v1', 'payment.events.v1', 'product.events.v1', 'identity.events.v1'];

/** Customers at work, a fault or two in the middle, a quiet end, and then every promise is looked at. */
export async function runOnce(
  ground: ChaosGround,
  options: { seed: number; fault: string | undefined },
): Promise<RunResult> {
  const random = createRandom(options.seed);
  const schedule = scheduleOf(random, ground, options.fault);
  const { customers, adminToken } = await ground.signIn();
  const lettersBefore = await lettersOf(ground);
  const workload = startCustomers({
    url: ground.system.url,
    customers,
    adminToken,
    productIds: ground.productIds,
    random,
  });
  await delay(beforeMs);
  const strikes: Strike[] = [];
  for (const fault of schedule) {
    await ground.standing();
    strikes.push(await fault.strike(ground, random));
  }
  const endedAt = performance.now();
  await ground.system.ready();
  await delay(afterMs);
  await workload.finish();
  const { acts } = workload;

  const finals = await finalsOf(ground, { acts, customers, adminToken });
  const broken = [
    ...(await brokenInDatabases(ground)),
    ...(await brokenLetters(ground, lettersBefore, lettersDue(strikes))),
    ...checkHistory(acts, finals),
    ...(await differingBooks(ground, adminToken)),
    ...openOrders(finals),
    ...unanswered(acts),
  ];
  const requests = acts.reduce((sum, { attempts }) => sum + attempts.length, 0);
  return {
    seed: options.seed,
    faults: schedule.map(({ name }) => name),
    what: strikes.map(({ what }) => what).join(', then '),
    requests,
    repeats: requests - acts.length,
    orders: finals.size,
    healedAfterMs: performance.now() - endedAt,
    broken,
    acts,
  };
}

/** Which faults strike, drawn from the seed. The same number of draws whether one was asked for or not. */
function scheduleOf(random: Random, { system }: ChaosGround, asked: string | undefined): Fault[] {
  const possible = faults.filter(({ needsKafka }) => !needsKafka || system.events.kind === 'kafka');
  const [first, second] = [oneOf(random, possible), oneOf(random, possible)];
  const hasSecond = random() < secondRate;
  if (asked !== undefined) return asked.split('+').map(faultNamed);
  return hasSecond ? [first, second] : [first];
}

function lettersDue(strikes: readonly Strike[]): Record<string, number> {
  const due: Record<string, number> = {};
  for (const [topic, count] of strikes.flatMap(({ letters = {} }) => Object.entries(letters)))
    due[topic] = (due[topic] ?? 0) + count;
  return due;
}

/** @throws a sentence with all names when there is no such fault */
export function faultNamed(name: string): Fault {
  const fault = faults.find((one) => one.name === name);
  if (!fault)
    throw new Error(`There is no fault ${name}: there are ${faults.map((one) => one.name).join(', ')}.`);
  return fault;
}

/** Waits for each order to end. One that does not is told as it is. */
async function finalsOf(
  ground: ChaosGround,
  asked: { acts: readonly Act[]; customers: readonly Customer[]; adminToken: string },
): Promise<Map<string, Final>> {
  const owner = new Map(
    asked.acts.flatMap(({ orderId, customer }) =>
      orderId === undefined ? [] : [[orderId, customer] as const],
    ),
  );
  const refunds = new Set(asked.acts.filter(isRefunded).map(({ orderId }) => orderId));
  const finals = new Map<string, Final>();
  const deadline = performance.now() + healWithinMs;
  for (const [orderId, name] of owner) {
    const token = asked.customers.find((customer) => customer.name === name)?.token ?? '';
    const read = <T>(target: `GET ${string}`) =>
      call<T>(ground.system.url, target, { token, withinMs: 5000 }).catch(() => undefined);
    const wanted = refunds.has(orderId) ? ['refunded'] : finalStates;
    let final: Final;
    do {
      const order = await read<AnsweredOrder>(`GET /api/orders/${orderId}`);
      if (order?.status !== 200) final = undefined;
      else {
        const payments = await read<PaymentPage>(`GET /api/payments?orderId=${orderId}`);
        const payment = payments?.body.items?.[0];
        final = {
          ...order.body,
          refundedAmount: payment?.refunded.amount ?? 0,
          capturedAmount: payment?.captured.amount ?? 0,
        };
      }
      if (wanted.includes(final?.status ?? '')) break;
      await delay(100);
    } while (performance.now() < deadline);
    finals.set(orderId, final);
  }
  return finals;
}

interface PaymentPage {
  readonly items?: readonly {
    readonly refunded: { amount: number };
    readonly captured: { amount: number };
  }[];
}

const isRefunded = ({ deed, answer }: Act): boolean => deed === 'refund' && answer?.status === 201;

const openOrders = (finals: ReadonlyMap<string, Final>): Broken[] =>
  [...finals]
    .filter(([, final]) => !finalStates.includes(final?.status ?? ''))
    .map(([orderId, final]) => ({
      invariant: 'every-order-ends',
      says: 'no order stays open once the system has healed',
      text: `order ${orderId} is ${final?.status ?? 'not to be found'}`,
      orderIds: [orderId],
    }));

const unanswered = (acts: readonly Act[]): Broken[] =>
  acts
    .filter(({ answer }) => answer === undefined)
    .map(({ deed, key, orderId, attempts }) => ({
      invariant: 'every-request-is-answered',
      says: 'who asks again is answered in the end',
      text: `${deed} ${key ?? ''}: ${String(attempts.at(-1)?.outcome)} after ${String(attempts.length)} tries`,
      orderIds: orderId === undefined ? [] : [orderId],
    }));

async function brokenInDatabases({ verifierUrls }: ChaosGround): Promise<Broken[]> {
  const results = await verifyWhenQuiet(verifierUrls, healWithinMs);
  return results.flatMap(({ name, says, violations }) =>
    violations.map((text) => ({ invariant: name, says, text, orderIds: text.match(uuids) ?? [] })),
  );
}

const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

async function lettersOf({ events }: ChaosGround): Promise<Map<string, number>> {
  const figures = await events.figures(
    letterTopics.map((topic) => `${topic}.dlq`),
    [],
  );
  return new Map(figures.map(({ topic, produced }) => [topic.replace(/\.dlq$/, ''), produced]));
}

/** Payments, ledger and the provider's statement, as the payment service compares them. */
async function differingBooks({ system }: ChaosGround, token: string): Promise<Broken[]> {
  const books = await call<{ differences: { kind: string; paymentId: string; detail: string }[] }>(
    system.url,
    'GET /api/payments/reconciliation',
    { token, withinMs: 30_000 },
  );
  const { differences = [] } = books.status === 200 ? books.body : {};
  return [
    ...(books.status === 200 ? [] : [`it was answered ${String(books.status)}`]),
    ...differences.map(({ kind, paymentId, detail }) => `${kind}: payment ${paymentId}: ${detail}`),
  ].map((text) => ({
    invariant: 'books-agree',
    says: "payments, ledger and the provider's statement say the same",
    text,
    orderIds: [],
  }));
}

/** What was poison must be among the dead letters, and nothing else. */
async function brokenLetters(
  ground: ChaosGround,
  before: ReadonlyMap<string, number>,
  expected: Readonly<Record<string, number>>,
): Promise<Broken[]> {
  const surplus = async (): Promise<[string, number][]> =>
    [...(await lettersOf(ground))].map(([topic, produced]) => [
      topic,
      produced - (before.get(topic) ?? 0) - (expected[topic] ?? 0),
    ]);
  await until(async () => (await surplus()).every(([, count]) => count >= 0), {
    withinMs: 15_000,
    what: 'the poison is among the dead letters',
  }).catch(() => undefined);
  return (await surplus())
    .filter(([, count]) => count !== 0)
    .map(([topic, count]) => ({
      invariant: 'letters-are-poison',
      says: 'dead letters are what was poison, all of it and nothing else',
      text: `${topic}.dlq: ${String(Math.abs(count))} too ${count > 0 ? 'many' : 'few'}`,
      orderIds: [],
    }));
}
