import type {
  CheckDefinition,
  CheckState,
  KvEntry,
  NodeDefinition,
  ServiceDefinition,
} from '../domain/shapes.js';

export type CheckPut = CheckDefinition & CheckState;

/** One step of the store; what is committed together is a list of these. The log keeps them as JSON. */
export type Change =
  | { readonly kind: 'node'; readonly node: NodeDefinition }
  | { readonly kind: 'node-gone'; readonly node: string }
  | { readonly kind: 'service'; readonly service: ServiceDefinition }
  | { readonly kind: 'service-gone'; readonly node: string; readonly id: string }
  | { readonly kind: 'check'; readonly check: CheckPut }
  | { readonly kind: 'check-gone'; readonly node: string; readonly id: string }
  | { readonly kind: 'kv'; readonly entry: KvEntry }
  | { readonly kind: 'kv-gone'; readonly key: string };

/** A committed list of changes. A quiet one keeps the index: it wakes nobody. */
export interface Commit {
  readonly index: number;
  readonly quiet: boolean;
  readonly changes: readonly Change[];
}
