import { createContext, Script } from 'node:vm';
import { RegistryError } from '../errors.js';
import { invalidFilter } from './tokens.js';

/** For one filter over all its rows. */
const BUDGET_MS = 500;

/** Of what remains without escapes and classes: nothing repeated that itself repeats, and one repetition at most. */
const REPEATED_GROUP = /\)[*+?{]/;
const UNBOUNDED = /[*+{]/g;

/**
 * A regular expression that cannot keep the registry from its work: past its budget of time it is broken off.
 * Go's expressions run in linear time; ours backtrack.
 * @throws RegistryError for what is no expression, and while it tests when it takes too long
 */
export function createBoundedMatcher(pattern: string): (text: string) => boolean {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'u');
  } catch {
    throw invalidFilter(`${JSON.stringify(pattern)} is no regular expression`);
  }
  if (isQuick(pattern)) return (text) => expression.test(text);
  const room = createContext({ expression, text: '' });
  const script = new Script('expression.test(text)');
  let leftMs = BUDGET_MS;
  return (text) => {
    room['text'] = text;
    const begun = performance.now();
    try {
      return script.runInContext(room, { timeout: Math.max(1, Math.ceil(leftMs)) }) as boolean;
    } catch {
      throw new RegistryError(
        'invalid',
        `Invalid filter expression: ${JSON.stringify(pattern)} takes too long`,
      );
    } finally {
      leftMs -= performance.now() - begun;
    }
  };
}

/** True for an expression that is soon done with any text of a registry's size, however it is made. */
function isQuick(pattern: string): boolean {
  if (/\\[1-9k]/.test(pattern)) return false;
  const plain = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  return !REPEATED_GROUP.test(plain) && (plain.match(UNBOUNDED)?.length ?? 0) <= 1;
}
