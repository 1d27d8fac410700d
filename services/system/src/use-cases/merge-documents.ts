import type { InstanceClient } from '../clients/instance-client.js';
import type { Manifest } from '../clients/manifests.js';

type Members = Record<string, unknown>;

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null ? (value as Members) : {};

/** One OpenAPI document of all services, each path tagged with the service that answers it. */
export async function mergeDocuments(deps: {
  manifests: readonly Manifest[];
  instances: InstanceClient;
  own: () => unknown;
  ownName: string;
}): Promise<Members> {
  const documents = await Promise.all(
    deps.manifests.map(async ({ name }) => ({
      name,
      document: membersOf(
        name === deps.ownName ? deps.own() : await deps.instances.document(name).catch(() => undefined),
      ),
    })),
  );
  const paths = documents.flatMap(({ name, document }) =>
    Object.entries(membersOf(document['paths'])).map(
      ([path, item]) => [path, tagged(membersOf(item), name)] as const,
    ),
  );
  return {
    openapi: '3.1.0',
    info: { title: 'Souk', version: '1', description: 'Everything that can be reached through the gateway.' },
    tags: documents.map(({ name }) => ({ name })),
    paths: Object.fromEntries(paths),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: Object.assign(
        {},
        ...documents.map(({ document }) => membersOf(membersOf(document['components'])['schemas'])),
      ) as Members,
    },
  };
}

const tagged = (item: Members, tag: string): Members =>
  Object.fromEntries(
    Object.entries(item).map(([method, operation]) => [method, { ...membersOf(operation), tags: [tag] }]),
  );
