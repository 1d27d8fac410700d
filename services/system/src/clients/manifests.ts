import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a service.json says, as far as the whole is concerned. */
export interface Manifest {
  readonly name: string;
  readonly routes: readonly string[];
  readonly topics: { readonly publishes: readonly string[]; readonly consumes: readonly string[] };
}

const registryName = 'registry';

/** The manifests of all services but the registry, which does not list itself. */
export function readManifests(folder: string): Manifest[] {
  return readdirSync(folder)
    .map((name) => join(folder, name, 'service.json'))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Manifest)
    .filter(({ name }) => name !== registryName)
    .sort((a, b) => a.name.localeCompare(b.name));
}
