import type { Fault } from './fault.js';
import { linkFaults } from './links.js';
import { messageFaults } from './messages.js';
import { processFaults } from './processes.js';
import { registryFaults } from './registry.js';
import { storeFaults } from './stores.js';

export type { Fault, Strike } from './fault.js';

export const faults: readonly Fault[] = [
  ...processFaults,
  ...storeFaults,
  ...linkFaults,
  ...registryFaults,
  ...messageFaults,
];
