import { createServer } from 'node:net';

const host = '127.0.0.1';

/** The wanted port when it is free on loopback, otherwise any free one. */
export const portOr = async (wanted: number): Promise<number> =>
  (await tryPort(wanted)) ?? (await tryPort(0)) ?? 0;

/** @throws a sentence when the port is taken */
export async function assertPortFree(port: number): Promise<void> {
  if ((await tryPort(port)) === undefined) {
    throw new Error(`Port ${port} is taken: choose another with --port or SOUK_PORT.`);
  }
}

const tryPort = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(undefined);
    });
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address ? address.port : undefined);
      });
    });
  });
