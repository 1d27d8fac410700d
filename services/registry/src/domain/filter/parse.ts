import { invalidFilter, pathOf, type Token, tokenise } from './tokens.js';

export type Operator = 'equals' | 'contains' | 'is-empty' | 'matches';

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | {
      readonly kind: 'match';
      readonly path: readonly string[];
      readonly operator: Operator;
      readonly negated: boolean;
      readonly value: string;
    };

const MAX_LENGTH = 4_096;
const MAX_DEPTH = 64;

/**
 * Reads an expression of Consul's filters: `or` binds less than `and`, and that less than `not`.
 * @throws RegistryError with what is wrong
 */
export function parseFilter(text: string): Expression {
  if (text.length > MAX_LENGTH) throw invalidFilter(`it is longer than ${MAX_LENGTH} characters`);
  const tokens = tokenise(text);
  let at = 0;
  let depth = 0;

  const isNext = (word: string, ahead = 0) => {
    const token = tokens[at + ahead];
    return token !== undefined && token.kind !== 'quoted' && token.text === word;
  };
  const skip = (word: string): boolean => {
    if (!isNext(word)) return false;
    at += 1;
    return true;
  };
  const take = (what: string): Token => {
    const token = tokens[at];
    if (token === undefined) throw invalidFilter(`it ends where ${what} should be`);
    if (token.kind === 'symbol') throw invalidFilter(`${token.text} stands where ${what} should be`);
    at += 1;
    return token;
  };
  const chain = (kind: 'and' | 'or', next: () => Expression): Expression => {
    const first = next();
    const parts = [first];
    while (skip(kind)) parts.push(next());
    return parts.length === 1 ? first : { kind, parts };
  };
  const either = (): Expression => chain('or', () => chain('and', negation));
  const negation = (): Expression => {
    depth += 1;
    if (depth > MAX_DEPTH) throw invalidFilter(`it is nested more than ${MAX_DEPTH} deep`);
    const expression = skip('not') ? ({ kind: 'not', part: negation() } as const) : operand();
    depth -= 1;
    return expression;
  };
  const operand = (): Expression => {
    if (!skip('(')) return match();
    const inner = either();
    if (!skip(')')) throw invalidFilter('a parenthesis is not closed');
    return inner;
  };
  const match = (): Expression => {
    const first = take('a selector');
    if (isNext('in') || (isNext('not') && isNext('in', 1))) {
      const negated = skip('not');
      at += 1;
      const path = pathOf(take('a selector'));
      return { kind: 'match', path, operator: 'contains', negated, value: first.text };
    }
    const path = pathOf(first);
    if (skip('is')) {
      const negated = skip('not');
      if (!skip('empty')) throw invalidFilter('`is` is followed by `empty` or `not empty`');
      return { kind: 'match', path, operator: 'is-empty', negated, value: '' };
    }
    const { operator, negated } = comparison(first);
    return { kind: 'match', path, operator, negated, value: take('a value').text };
  };
  const comparison = (selector: Token): { operator: Operator; negated: boolean } => {
    if (skip('==')) return { operator: 'equals', negated: false };
    if (skip('!=')) return { operator: 'equals', negated: true };
    const negated = skip('not');
    if (skip('contains')) return { operator: 'contains', negated };
    if (skip('matches')) return { operator: 'matches', negated };
    throw invalidFilter(`no operator follows ${selector.text}`);
  };

  const expression = either();
  if (at < tokens.length) throw invalidFilter(`${tokens[at]?.text ?? ''} is left over`);
  return expression;
}
