import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startGuarded, type Guarded } from '../../guardian/index.mjs';
import { newClusterId } from './cluster-id.js';
import { fetchJars } from './jars.js';
import { serverProperties, type Door } from './server-properties.js';

export interface KafkaOptions {
  /** Kept between starts. */
  readonly dataDir: string;
  /** 0 or absent: any free one. */
  readonly port?: number;
  /** Other ways in; none unless said. */
  readonly doors?: readonly Door[];
  readonly logFile: string;
  /** Called before the first start's download. */
  readonly onFetch?: () => void;
}

export interface RunningKafka {
  /** `host:port` */
  readonly brokers: string;
  readonly pid: number;
  /** The broker's exit code, once it has ended for whatever reason. */
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const readyDeadlineMs = 180_000;
const smallJvm = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

/** Starts a real one-node Kafka that keeps its log in `dataDir` and cannot outlive this process. */
export async function startKafka(options: KafkaOptions): Promise<RunningKafka> {
  const jars = await fetchJars(options.onFetch ?? (() => undefined));
  const home = resolve(options.dataDir);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const port = options.port || (await freePort());
  const properties = join(home, 'server.properties');
  const logFolder = join(home, 'log');
  const ports = { broker: port, controller: await freePort() };
  await writeFile(properties, serverProperties(logFolder, ports, options.doors));
  const java = ['-cp', join(jars, '*')];
  if (!(await isFormatted(logFolder))) await format(java, properties);

  const server = await startGuarded({
    command: 'java',
    args: [...smallJvm, ...java, 'kafka.Kafka', properties],
    cwd: home,
    env: {
      PATH: process.env['PATH'] ?? '',
      ...(process.env['JAVA_HOME'] ? { JAVA_HOME: process.env['JAVA_HOME'] } : {}),
    },
    logFile: options.logFile,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 20_000,
  });
  try {
    await untilReady(server, { port, logFile: options.logFile });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { brokers: `${host}:${port}`, pid: server.pid ?? 0, exited: server.exited, stop: server.stop };
}

const isFormatted = (logFolder: string): Promise<boolean> =>
  stat(join(logFolder, 'meta.properties')).then(
    () => true,
    () => false,
  );

async function format(java: readonly string[], properties: string): Promise<void> {
  const args = ['format', '-t', newClusterId(), '-c', properties, '--standalone', '--ignore-formatted'];
  await promisify(execFile)('java', [...smallJvm, ...java, 'kafka.tools.StorageTool', ...args]);
}

/** A broker opens its port after it is fenced off no more, so that accepting means serving. */
async function untilReady(server: Guarded, where: { port: number; logFile: string }): Promise<void> {
  const state = { ended: false };
  void server.exited.then(() => {
    state.ended = true;
  });
  const deadline = Date.now() + readyDeadlineMs;
  while (!(await answersApiVersions(where.port))) {
    if (state.ended) throw new Error(`Kafka ended while starting: ${await lastLine(where.logFile)}`);
    if (Date.now() > deadline)
      throw new Error(`Kafka was not ready in time: ${await lastLine(where.logFile)}`);
    await delay(50);
  }
}

/** ApiVersions v0: size, api key 18, version 0, correlation id 1, no client id. Any answer of ours counts. */
const apiVersionsRequest = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);

const answersApiVersions = (port: number): Promise<boolean> =>
  new Promise((settle) => {
    const socket = connect(port, host, () => socket.write(apiVersionsRequest));
    const end = (answered: boolean): void => {
      socket.destroy();
      settle(answered);
    };
    socket.setTimeout(2_000, () => {
      end(false);
    });
    socket.once('data', (data) => {
      end(data.length >= 8 && data.readInt32BE(4) === 1);
    });
    socket
      .once('error', () => {
        end(false);
      })
      .once('close', () => {
        end(false);
      });
  });

const lastLine = async (file: string): Promise<string> =>
  (await readFile(file, 'utf8').catch(() => '')).trim().split('\n').at(-1) ?? '';

const freePort = (): Promise<number> =>
  new Promise((settle, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      probe.close(() => {
        settle(typeof address === 'object' && address ? address.port : 0);
      });
    });
  });
