import { maintenanceCheckId, NODE_MAINTENANCE } from './aggregate-status.js';
import { type CheckDefinition, type CheckState, LOCAL_NODE } from './shapes.js';

export { NODE_MAINTENANCE };

type Check = CheckDefinition & CheckState;

/** The check that holds one service in maintenance. */
export function serviceMaintenanceCheck(serviceId: string, reason: string): Check {
  const id = maintenanceCheckId(serviceId);
  return { ...heldCheck('service', reason), id, name: 'Service Maintenance Mode', serviceId };
}

/** The check that holds this node, and all that runs there, in maintenance. */
export function nodeMaintenanceCheck(reason: string): Check {
  return { ...heldCheck('node', reason), id: NODE_MAINTENANCE, name: 'Node Maintenance Mode', serviceId: '' };
}

function heldCheck(what: 'service' | 'node', reason: string): Omit<Check, 'id' | 'name' | 'serviceId'> {
  return {
    node: LOCAL_NODE,
    notes:
      reason ||
      `Maintenance mode is enabled for this ${what}, but no reason was provided. This is a default message.`,
    type: 'maintenance',
    probe: { kind: 'none' },
    successBeforePassing: 0,
    failuresBeforeWarning: 0,
    failuresBeforeCritical: 0,
    deregisterAfterMs: null,
    status: 'critical',
    output: '',
  };
}
