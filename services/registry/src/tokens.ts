import { readFile } from 'node:fs/promises';

const MIN_LENGTH = 16;

/**
 * Reads services by their tokens from a JSON file, such as `{"9f…": "order", "c2…": "*"}`; `*` is an operator.
 * @returns undefined when no file is named
 * @throws Error with a sentence that says what is wrong, and never a token
 */
export async function readTokens(path: string): Promise<ReadonlyMap<string, string> | undefined> {
  if (path === '') return undefined;
  const problem = (what: string) => new Error(`REGISTRY_TOKENS_FILE ${path} ${what}`);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`REGISTRY_TOKENS_FILE ${path} can't be read`, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw problem('is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw problem('must be a JSON object of services by their tokens');
  }
  const tokens = new Map<string, string>();
  for (const [token, service] of Object.entries(value) as [string, unknown][]) {
    if (typeof service !== 'string' || service === '')
      throw problem('must give each token the name of a service');
    if (token.length < MIN_LENGTH)
      throw problem(`has a token of less than ${MIN_LENGTH} characters, for ${service}`);
    tokens.set(token, service);
  }
  return tokens;
}
