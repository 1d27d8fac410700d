import type { RegistryConfig } from './config.js';
import { LOCAL_NODE } from './domain/shapes.js';
import type { Change } from './store/changes.js';
import { OWN_SERVICE } from './store/service-changes.js';

/** What the catalog knows from the start: this node, its `serfHealth` check, and the service that it is. */
export function ownRecords(config: RegistryConfig): readonly Change[] {
  const { nodeAddress: address } = config;
  return [
    {
      kind: 'node',
      node: {
        key: LOCAL_NODE,
        id: config.nodeId,
        name: config.nodeName,
        address,
        datacenter: config.datacenter,
        taggedAddresses: { lan: address, lan_ipv4: address, wan: address, wan_ipv4: address },
        meta: config.nodeMeta,
      },
    },
    {
      kind: 'service',
      service: {
        node: LOCAL_NODE,
        id: OWN_SERVICE,
        name: OWN_SERVICE,
        tags: [],
        address: '',
        port: config.serverPort,
        meta: {},
        taggedAddresses: {},
        weights: { passing: 1, warning: 1 },
        enableTagOverride: false,
      },
    },
    {
      kind: 'check',
      check: {
        node: LOCAL_NODE,
        id: 'serfHealth',
        name: 'Serf Health Status',
        notes: '',
        serviceId: '',
        type: 'serf',
        probe: { kind: 'none' },
        successBeforePassing: 0,
        failuresBeforeWarning: 0,
        failuresBeforeCritical: 0,
        deregisterAfterMs: null,
        status: 'passing',
        output: 'Agent alive and reachable',
      },
    },
  ];
}
