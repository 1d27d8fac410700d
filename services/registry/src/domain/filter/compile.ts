import { type Expression, type Operator, parseFilter } from './parse.js';
import { createBoundedMatcher } from './regex.js';
import type { Shape } from './shape.js';
import { invalidFilter } from './tokens.js';

/** Decides about one row. */
export type Filter = (row: unknown) => boolean;

type Match = Extract<Expression, { kind: 'match' }>;

const OPERATORS: Readonly<Record<Shape['kind'], readonly Operator[]>> = {
  text: ['equals', 'contains', 'is-empty', 'matches'],
  number: ['equals'],
  flag: ['equals'],
  texts: ['contains', 'is-empty'],
  map: ['contains', 'is-empty'],
  list: ['is-empty'],
  fields: [],
};

/**
 * Makes a filter of an expression; an empty one lets everything through.
 * @throws RegistryError `invalid` for an expression that can't be read, or that doesn't fit the rows
 */
export function compileFilter(text: string, shape: Shape): Filter {
  return text.trim() === '' ? () => true : compile(parseFilter(text), shape);
}

function compile(expression: Expression, shape: Shape): Filter {
  switch (expression.kind) {
    case 'and': {
      const parts = expression.parts.map((part) => compile(part, shape));
      return (row) => parts.every((holds) => holds(row));
    }
    case 'or': {
      const parts = expression.parts.map((part) => compile(part, shape));
      return (row) => parts.some((holds) => holds(row));
    }
    case 'not': {
      const holds = compile(expression.part, shape);
      return (row) => !holds(row);
    }
    case 'match':
      return compileMatch(expression, shape);
  }
}

function compileMatch(match: Match, shape: Shape): Filter {
  const found = shapeAt(shape, match.path);
  if (!OPERATORS[found.kind].includes(match.operator)) {
    throw invalidFilter(`${match.path.join('.')} can't be compared this way`);
  }
  const holds = test(match, found);
  return (row) => reach(row, match.path, (value) => holds(value) !== match.negated);
}

function shapeAt(shape: Shape, path: readonly string[]): Shape {
  let here = shape;
  for (const key of path) {
    if (here.kind === 'list') here = here.of;
    const next =
      here.kind === 'fields' && Object.hasOwn(here.fields, key)
        ? here.fields[key]
        : here.kind === 'map'
          ? here.of
          : undefined;
    if (next === undefined) throw invalidFilter(`selector ${path.join('.')} is not valid`);
    here = next;
  }
  return here;
}

/** Follows a path; through a list it is enough that one of its members holds. */
function reach(value: unknown, path: readonly string[], holds: Filter): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return holds(value);
  if (Array.isArray(value)) return value.some((member) => reach(member, path, holds));
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return reach(isObject ? (value as Record<string, unknown>)[key] : undefined, rest, holds);
}

function test({ operator, value, path }: Match, { kind }: Shape): Filter {
  switch (operator) {
    case 'is-empty':
      return isEmpty;
    case 'contains':
      return (found) => contains(found, value);
    case 'matches': {
      const matches = createBoundedMatcher(value);
      return (found) => typeof found === 'string' && matches(found);
    }
    case 'equals': {
      const wanted = readValue(value, kind);
      if (wanted === undefined) throw invalidFilter(`${path.join('.')} is a ${kind}, and ${value} is none`);
      return (found) => found === wanted;
    }
  }
}

function readValue(value: string, kind: Shape['kind']): string | number | boolean | undefined {
  if (kind === 'number') return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
  if (kind !== 'flag') return value;
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
  return ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value) ? false : undefined;
}

function isEmpty(found: unknown): boolean {
  if (found === undefined || found === null || found === '') return true;
  return typeof found === 'object' && Object.keys(found).length === 0;
}

/** A member of a list, a key of a map, or a part of a text. */
function contains(found: unknown, value: string): boolean {
  if (typeof found === 'string' || Array.isArray(found)) return found.includes(value);
  return typeof found === 'object' && found !== null && Object.hasOwn(found, value);
}
