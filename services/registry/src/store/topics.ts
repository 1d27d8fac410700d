/** What a blocking query can wait on. A change wakes the watchers of the topics that it touches, and no others. */
export const topics = {
  nodes: 'nodes',
  /** The list of services: names and tags. */
  services: 'services',
  checks: 'checks',
  /** Checks of nodes, which count for every service there. */
  nodeChecks: 'node-checks',
  service: (name: string) => `service:${foldName(name)}`,
  kv: (key: string) => `kv:${key}`,
  kvUnder: (prefix: string) => `${KV_UNDER}${prefix}`,
} as const;

const KV_UNDER = 'kv-under:';

/** The prefix that a `kvUnder` topic stands for; undefined for other topics. */
export function prefixOf(topic: string): string | undefined {
  return topic.startsWith(KV_UNDER) ? topic.slice(KV_UNDER.length) : undefined;
}

/** Names of services and nodes are found whatever their case, as DNS has it. */
export function foldName(name: string): string {
  return name.toLowerCase();
}
