export const STATUSES = ['passing', 'warning', 'critical'] as const;
export type Status = (typeof STATUSES)[number];

/** The key of the node that this registry itself is; other nodes go by their name. */
export const LOCAL_NODE = '';

/** When the store first saw a record and when it last changed, as Consul's `CreateIndex` and `ModifyIndex`. */
export interface Indexed {
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface NodeDefinition {
  readonly key: string;
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly datacenter: string;
  readonly taggedAddresses: Readonly<Record<string, string>>;
  readonly meta: Readonly<Record<string, string>>;
}

export interface ServiceAddress {
  readonly address: string;
  readonly port: number;
}

export interface ServiceDefinition {
  readonly node: string;
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly address: string;
  readonly port: number;
  readonly meta: Readonly<Record<string, string>>;
  readonly taggedAddresses: Readonly<Record<string, ServiceAddress>>;
  readonly weights: { readonly passing: number; readonly warning: number };
  readonly enableTagOverride: boolean;
}

interface Interval {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** TLS as a probe speaks it: not at all, or with or without verifying the server. */
export type ProbeTls = 'off' | 'verify' | 'skip-verify';

export interface HttpProbe extends Interval {
  readonly kind: 'http';
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly tlsSkipVerify: boolean;
}

export interface TcpProbe extends Interval {
  readonly kind: 'tcp';
  readonly address: string;
  readonly tls: ProbeTls;
}

export interface GrpcProbe extends Interval {
  readonly kind: 'grpc';
  readonly address: string;
  readonly service: string;
  readonly tls: ProbeTls;
}

export interface TtlProbe {
  readonly kind: 'ttl';
  readonly ttlMs: number;
}

/** A check that the registry goes and asks, on an interval. */
export type ActiveProbe = HttpProbe | TcpProbe | GrpcProbe;

/** How a check learns its status; `none` is set from outside only (`serfHealth`, maintenance). */
export type Probe = ActiveProbe | TtlProbe | { readonly kind: 'none' };

export interface CheckDefinition {
  readonly node: string;
  readonly id: string;
  readonly name: string;
  readonly notes: string;
  /** Empty for a check of the node itself. */
  readonly serviceId: string;
  readonly type: string;
  readonly probe: Probe;
  readonly successBeforePassing: number;
  readonly failuresBeforeWarning: number;
  readonly failuresBeforeCritical: number;
  readonly deregisterAfterMs: number | null;
}

export interface CheckState {
  readonly status: Status;
  readonly output: string;
}

export interface KvEntry {
  readonly key: string;
  /** Base64. */
  readonly value: string;
  readonly flags: number;
}

export type NodeRecord = NodeDefinition & Indexed;
export type ServiceRecord = ServiceDefinition & Indexed;
export type CheckRecord = CheckDefinition & CheckState & Indexed;
export type KvRecord = KvEntry & Indexed;
