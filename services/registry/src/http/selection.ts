import { compileFilter, type Filter } from '../domain/filter/compile.js';
import type { Shape } from '../domain/filter/shape.js';
import type { NodeRecord } from '../domain/shapes.js';
import { foldName } from '../store/topics.js';
import type { HttpDeps } from './deps.js';
import type { Exchange } from './exchange.js';

/** What of a result a query wants, and in which order. */
export interface Selection {
  /** `?node-meta=key:value`, each of them. */
  readonly hasNode: (node: NodeRecord) => boolean;
  /** `?near=`: what runs on that node first. Nothing is known of how far apart the others are. */
  byNearness<T>(rows: readonly T[], nodeOf: (row: T) => string): readonly T[];
  /** `?filter=` */
  readonly hasRow: Filter;
}

/** @throws RegistryError `invalid` for a filter that can't be used */
export function selectionOf(
  exchange: Exchange,
  shape: Shape,
  { config }: Pick<HttpDeps, 'config'>,
): Selection {
  const { query } = exchange;
  const hasRow = filterOf(exchange, shape);
  const wanted = query.getAll('node-meta').map((pair) => {
    const [key = '', ...value] = pair.split(':');
    return [key, value.join(':')] as const;
  });
  const asked = query.get('near') ?? '';
  const near = foldName(asked === '_agent' ? config.nodeName : asked);
  return {
    hasRow,
    hasNode: ({ meta }) => wanted.every(([key, value]) => Object.hasOwn(meta, key) && meta[key] === value),
    byNearness: (rows, nodeOf) => {
      if (near === '') return rows;
      const isNear = (row: (typeof rows)[number]) => foldName(nodeOf(row)) === near;
      return [...rows.filter(isNear), ...rows.filter((row) => !isNear(row))];
    },
  };
}

/** @throws RegistryError `invalid` for a filter that can't be used */
export function filterOf({ query }: Exchange, shape: Shape): Filter {
  return compileFilter(query.get('filter') ?? '', shape);
}
