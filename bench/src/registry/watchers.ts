import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../statistics.js';
import { requestOf } from './socket-client.js';
import { closeAll, expectOk, type Figures, openAll, registerInstances } from './workloads.js';

const name = 'watched';
const checkId = `service:${name}-0`;
const changes = 10;
const openAtOnce = 500;
/** For the last questions to arrive before the change that they wait for. */
const settleMs = 500;

/**
 * So many clients wait for one service; the time from sending the change to each of them having read its answer.
 * Three instances, one of which fails and passes in turn.
 */
export async function measureWakes(url: URL, watchers: number): Promise<Figures> {
  await registerInstances(url, 3, name);
  const [writer] = await openAll(url, 1);
  if (!writer) throw new Error('no connection');
  const connections = [];
  while (connections.length < watchers) {
    connections.push(...(await openAll(url, Math.min(openAtOnce, watchers - connections.length))));
  }
  const wait = (index: number) =>
    requestOf('GET', new URL(`/v1/health/service/${name}?index=${String(index)}&wait=60s`, url));
  const tookMs: number[] = [];
  let index = await expectOk(writer, requestOf('GET', new URL(`/v1/health/service/${name}`, url)));
  for (let change = 0; change < changes; change += 1) {
    const question = wait(index);
    let changedAt = Infinity;
    const answers = connections.map(async (connection) => {
      const next = await expectOk(connection, question);
      tookMs.push(performance.now() - changedAt);
      return next;
    });
    await delay(settleMs);
    const verb = change % 2 === 0 ? 'fail' : 'pass';
    changedAt = performance.now();
    await expectOk(writer, requestOf('PUT', new URL(`/v1/agent/check/${verb}/${checkId}`, url)));
    index = Math.max(...(await Promise.all(answers)));
  }
  closeAll([...connections, writer]);
  const p99Ms = percentile(tookMs, 0.99);
  return { opsPerSecond: (watchers * 1000) / p99Ms, p50Ms: percentile(tookMs, 0.5), p99Ms };
}
