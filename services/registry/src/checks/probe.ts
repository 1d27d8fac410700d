import type { ActiveProbe, Status } from '../domain/shapes.js';
import type { AddressGuard } from './address-guard.js';
import { probeGrpc } from './grpc-probe.js';
import { probeHttp } from './http-probe.js';
import { probeTcp } from './tcp-probe.js';

export interface Outcome {
  readonly status: Status;
  readonly output: string;
}

/** Asks a checked service once. Never throws: what goes wrong is a critical outcome. */
export async function runProbe(probe: ActiveProbe, guard: AddressGuard): Promise<Outcome> {
  try {
    return await ask(probe, guard);
  } catch (error) {
    return { status: 'critical', output: error instanceof Error ? error.message : String(error) };
  }
}

function ask(probe: ActiveProbe, guard: AddressGuard): Promise<Outcome> {
  switch (probe.kind) {
    case 'http':
      return probeHttp(probe, guard);
    case 'tcp':
      return probeTcp(probe, guard);
    case 'grpc':
      return probeGrpc(probe, guard);
  }
}
