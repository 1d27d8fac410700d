import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `services/<name>/service.json`, as far as running the system goes. */
export interface ServiceManifest {
  readonly name: string;
  readonly routes: readonly string[];
  readonly grpc: readonly string[];
  readonly database: string | null;
  readonly topics: { readonly publishes: readonly string[]; readonly consumes: readonly string[] };
  readonly replicas: number;
}

/** Every service that has a manifest, by name. */
export function readManifests(servicesDir: string): ServiceManifest[] {
  return readdirSync(servicesDir)
    .sort()
    .map((name) => join(servicesDir, name, 'service.json'))
    .filter((file) => existsSync(file))
    .map(parseManifest);
}

function parseManifest(file: string): ServiceManifest {
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isManifest(manifest))
    throw new Error(`${file} must have name, routes, grpc, database, topics and replicas.`);
  return manifest;
}

const isManifest = (value: unknown): value is ServiceManifest =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'routes' in value &&
  Array.isArray(value.routes) &&
  'grpc' in value &&
  Array.isArray(value.grpc) &&
  'database' in value &&
  (value.database === null || typeof value.database === 'string') &&
  'topics' in value &&
  typeof value.topics === 'object' &&
  value.topics !== null &&
  'consumes' in value.topics &&
  Array.isArray(value.topics.consumes) &&
  'replicas' in value &&
  typeof value.replicas === 'number';
