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
  const collector = createServer((request, response) => {
    request.resume().on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  return {
    places: { collector: `http://127.0.0.1:${String(port)}`, certificates },
    stop: async () => {
      collector.closeAllConnections();
      collector.close();
      await rm(certificates, { recursive: true });
    },
  };
}
