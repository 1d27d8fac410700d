import { createRegistry, type Registry } from '../app.js';
import { readConfig } from '../config.js';

/** A registry in this process on a free port, and short ways to ask it. */
export interface TestRegistry extends RegistryClient {
  readonly registry: Registry;
}

export interface RegistryClient {
  readonly url: string;
  put(path: string, body?: unknown): Promise<Response>;
  get(path: string): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly index: string;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export async function startRegistry(env: Readonly<Record<string, string>> = {}): Promise<TestRegistry> {
  const config = readConfig({
    REGISTRY_HTTP_PORT: '0',
    REGISTRY_DNS_PORT: '0',
    REGISTRY_NODE_NAME: 'test-node',
    REGISTRY_LOG_LEVEL: 'silent',
    ...env,
  });
  const registry = await createRegistry(config);
  const { url } = await registry.start();
  return { registry, ...clientOf(url) };
}

export function clientOf(url: string): RegistryClient {
  return {
    url,
    put: (path, body) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return fetch(url + path, body === undefined ? { method: 'PUT' } : { method: 'PUT', body: text });
    },
    get: async (path) => {
      const response = await fetch(url + path);
      const text = await response.text();
      const isJson = response.headers.get('content-type') === 'application/json';
      const json: unknown = isJson ? JSON.parse(text) : undefined;
      const index = response.headers.get('x-consul-index') ?? '';
      return { status: response.status, index, headers: response.headers, text, json };
    },
  };
}

/** Asks again and again until the answer is as wanted. @throws Error with the last answer at the deadline */
export async function eventually<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  withinMs = 5_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`never came: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
