import type { Principal } from '../domain/access.js';

/** One request as the endpoints see it. */
export interface Exchange {
  readonly method: string;
  /** What follows the route's prefix, decoded; empty for an exact route. */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly principal: Principal;
  /**
   * The whole body.
   * @throws RegistryError `too-large` past the limit
   */
  readonly body: () => Promise<Buffer>;
  /** Calls back once when the client has gone away or was answered. */
  readonly whenGone: (callback: () => void) => void;
}

/** An answer: `json` is serialised, `body` is so already, `raw` is text; without any the body is empty. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** JSON as it is sent. */
  readonly body?: Buffer;
  readonly raw?: string | Buffer;
}

export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;

/** Handlers by path, then by method. A path that ends in `/` takes whatever follows it. */
export type Routes = Readonly<
  Record<string, Readonly<Partial<Record<'GET' | 'PUT' | 'DELETE' | 'POST', Handler>>>>
>;

export const DONE: Reply = {};
