import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverNameOf } from '@souk/comms/auth';
import type { System } from '../system.js';

/** What `caller` needs to reach `peer` by mutual TLS; undefined where services talk plainly. */
export function serviceTls(
  system: System,
  caller: string,
  peer: string,
): { ca: Buffer; cert: Buffer; key: Buffer; servername: string } | undefined {
  const folder = system.inside.certificateFolders[caller];
  if (folder === undefined) return undefined;
  const read = (name: string) => readFileSync(join(folder, name));
  return {
    ca: read('ca.pem'),
    cert: read('cert.pem'),
    key: read('key.pem'),
    servername: serverNameOf(peer),
  };
}
