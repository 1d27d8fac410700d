import { once } from 'node:events';
import type { Server } from 'node:http';
import { pino } from 'pino';
import { createAddressGuard } from './checks/address-guard.js';
import { runProbe } from './checks/probe.js';
import { CheckRunner } from './checks/runner.js';
import type { RegistryConfig } from './config.js';
import { answerQuestion } from './dns/answer.js';
import { Hold } from './dns/hold.js';
import { type DnsServer, startDnsServer } from './dns/server.js';
import { createAnswerBlocking } from './http/blocking.js';
import { allRoutes } from './http/routes.js';
import { createHttpServer } from './http/server.js';
import { createAuthenticate } from './domain/access.js';
import { openStore } from './log/open-store.js';
import { ownRecords } from './own-records.js';
import { readTokens } from './tokens.js';

const REAP_EVERY_MS = 30_000;
const DRAIN_MS = 5_000;

export interface Registry {
  /** Listens. @returns the address of its HTTP API */
  start(): Promise<{ readonly url: string }>;
  /** Answers what waits, then closes everything. A second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * Puts the registry together and recovers its data; `start` makes it listen.
 * @throws Error when the data directory can't be used
 */
export async function createRegistry(config: RegistryConfig): Promise<Registry> {
  const log = pino({ name: 'registry', level: config.logLevel });
  const tokens = await readTokens(config.tokensFile);
  const { store, tornBytes, close } = await openStore(config.dataDir, config.compactAtBytes);
  if (tornBytes > 0) log.warn({ tornBytes }, 'cut a torn tail off the log');
  store.seed(ownRecords(config));
  store.watchers.limit = config.maxBlockingQueries;

  const hold = new Hold(config.dnsHoldMs, store.catalog);
  const guard = createAddressGuard(config.checkNetworks);
  const checks = new CheckRunner({
    store,
    log,
    probe: (probe) => runProbe(probe, guard),
    reapEveryMs: REAP_EVERY_MS,
    onLapse: (serviceId) => {
      hold.noteLapse(serviceId, performance.now());
    },
  });
  let stopping: Promise<void> | undefined;
  const isStopping = () => stopping !== undefined;
  const answer = createAnswerBlocking({
    watchers: store.watchers,
    isStopping,
    policy: tokens === undefined ? 'allow' : 'deny',
  });
  const leave = () => setImmediate(() => void stop());
  const routes = allRoutes({ config, store, checks, answer, isStopping, leave });
  const server = createHttpServer({
    routes,
    headers: config.httpHeaders,
    authenticate: createAuthenticate(tokens, config.anonymousReads),
    logsRequests: log.isLevelEnabled('debug'),
    log,
  });

  const { datacenter } = config;
  const resolving = {
    catalog: store.catalog,
    hold,
    datacenter,
    nowMs: () => performance.now(),
    random: Math.random,
  };
  let dns: DnsServer | undefined;

  async function startDns(): Promise<void> {
    hold.begin(performance.now());
    if (config.dnsPort === 0) return;
    dns = await startDnsServer({
      host: config.host,
      port: config.dnsPort,
      answer: (question) => answerQuestion(question, resolving),
      log,
    });
  }

  async function shutDown(): Promise<void> {
    await Promise.resolve();
    checks.stop();
    store.watchers.wakeAll();
    await Promise.all([closeServer(server), dns?.close()]);
    await close();
  }

  function stop(): Promise<void> {
    stopping ??= shutDown();
    return stopping;
  }

  return {
    start: async () => {
      server.listen(config.httpPort, config.host);
      await once(server, 'listening');
      await startDns().catch(async (cause: unknown) => {
        await stop();
        throw cause;
      });
      checks.start();
      const url = urlOf(server);
      log.info(
        { url, dnsPort: dns?.port ?? 'off', dataDir: config.dataDir || 'memory' },
        'the registry listens',
      );
      return { url };
    },
    stop,
  };
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const cutOff = setTimeout(() => {
    server.closeAllConnections();
  }, DRAIN_MS);
  server.close();
  server.closeIdleConnections();
  await once(server, 'close');
  clearTimeout(cutOff);
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the registry does not listen on TCP');
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
