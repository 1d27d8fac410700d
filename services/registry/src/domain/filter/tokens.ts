import { RegistryError } from '../errors.js';

export interface Token {
  readonly kind: 'word' | 'quoted' | 'symbol';
  readonly text: string;
}

const SPACE = /\s+/y;
const SYMBOL = /==|!=|[()]/y;
const QUOTED = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y;
/** A selector, a number or a bare value; keys of any spelling come in brackets. */
const WORD = /[\w\-./:@%+*]+(?:\["(?:[^"\\]|\\.)*"\][\w\-./]*)*/y;

/** Cuts an expression into its tokens. @throws RegistryError where it can't go on */
export function tokenise(expression: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(expression)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  while (at < expression.length) {
    if (take(SPACE) !== undefined) continue;
    const symbol = take(SYMBOL);
    if (symbol !== undefined) {
      tokens.push({ kind: 'symbol', text: symbol });
      continue;
    }
    const quoted = take(QUOTED);
    if (quoted !== undefined) {
      tokens.push({ kind: 'quoted', text: unquote(quoted) });
      continue;
    }
    const word = take(WORD);
    if (word === undefined) throw invalidFilter(`unexpected ${JSON.stringify(expression[at])} at ${at}`);
    tokens.push({ kind: 'word', text: word });
  }
  return tokens;
}

/** The keys that a selector goes down: by dots, by brackets, or as a JSON pointer. */
export function pathOf(selector: Token): string[] {
  if (selector.kind === 'quoted') {
    if (!selector.text.startsWith('/'))
      throw invalidFilter(`${JSON.stringify(selector.text)} is no selector`);
    return selector.text
      .slice(1)
      .split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  const keys = selector.text.match(/\["(?:[^"\\]|\\.)*"\]|[^.[]+/g) ?? [];
  return keys.map((key) => (key.startsWith('["') ? unquote(key.slice(1, -1)) : key));
}

export function invalidFilter(why: string): RegistryError {
  return new RegistryError('invalid', `Invalid filter expression: ${why}`);
}

function unquote(quoted: string): string {
  if (quoted.startsWith('`')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw invalidFilter(`${quoted} has an escape that isn't known`);
  }
}
