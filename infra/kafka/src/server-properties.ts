/** Of one topic partition: what `capacity` is counted from, and a bound for a small disk. */
export const retentionBytesPerPartition = 256 * 1024 * 1024;

export interface Ports {
  readonly broker: number;
  readonly controller: number;
}

/** Another listener, which tells its clients to come by another port: that of whatever stands in between. */
export interface Door {
  /** In capitals. */
  readonly name: string;
  readonly port: number;
  readonly advertisedPort: number;
}

/** One node that is broker and controller, on loopback only. Durability stays at Kafka's defaults. */
export function serverProperties(folder: string, ports: Ports, doors: readonly Door[] = []): string {
  const own = [listener('PLAINTEXT', ports.broker), listener('CONTROLLER', ports.controller)];
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...own, ...doors.map(({ name, port }) => listener(name, port))].join(','),
    'advertised.listeners': [
      ...own,
      ...doors.map(({ name, advertisedPort }) => listener(name, advertisedPort)),
    ].join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': ['CONTROLLER', 'PLAINTEXT', ...doors.map(({ name }) => name)]
      .map((name) => `${name}:PLAINTEXT`)
      .join(','),
    'log.dirs': folder,
    'auto.create.topics.enable': false,
    'log.retention.bytes': retentionBytesPerPartition,
    'log.segment.bytes': retentionBytesPerPartition / 4,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const listener = (name: string, port: number): string => `${name}://127.0.0.1:${String(port)}`;
