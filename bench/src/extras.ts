import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepCertificates } from '@souk/certificates';

/** What some stacks need beside their peer. */
export interface Extras {
  /** `collector`: takes spans in by OTLP and forgets them; `certificates`: a folder for `echo` and `caller`. */
  readonly places: { readonly collector: string; readonly certificates: string };
  stop(): Promise<void>;
}

export async function startExtras(): Promise<Extras> {
  const certificates = await mkdtemp(join(tmpdir(), 'souk-bench-tls-'));
  await keepCertificates(certificates, ['echo', 'caller']);
  const collector = await startCollector();
  return {
    places: { collector: collector.url, certificates },
    stop: async () => {
      collector.stop();
      await rm(certificates, { recursive: true });
    },
  };
}

/** Takes spans in by OTLP over HTTP and forgets them. */
export async function startCollector(): Promise<{ readonly url: string; stop(): void }> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
