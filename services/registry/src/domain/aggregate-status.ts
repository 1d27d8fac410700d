import type { Status } from './shapes.js';

export type AggregateStatus = 'maintenance' | Status;

/** The worst of some checks: maintenance, then critical, then warning; passing when there is none. */
export function aggregateStatus(
  checks: Iterable<{ readonly id: string; readonly status: Status }>,
): AggregateStatus {
  let worst: Status = 'passing';
  for (const { id, status } of checks) {
    if (isMaintenance(id)) return 'maintenance';
    if (status === 'critical' || (status === 'warning' && worst === 'passing')) worst = status;
  }
  return worst;
}

const SERVICE_MAINTENANCE = '_service_maintenance:';
/** The id of the check that holds this node in maintenance. */
export const NODE_MAINTENANCE = '_node_maintenance';

/** The id of the check that holds a service in maintenance. */
export function maintenanceCheckId(serviceId: string): string {
  return SERVICE_MAINTENANCE + serviceId;
}

function isMaintenance(checkId: string): boolean {
  return checkId === NODE_MAINTENANCE || checkId.startsWith(SERVICE_MAINTENANCE);
}
