/** One request as the endpoints see it. */
export interface Exchange {
  readonly method: string;
  /** What follows the route's prefix, decoded; empty for an exact route. */
  readonly rest: string;
  readonly query: URLSearchParams;
  /**
   * The whole body.
   * @throws RegistryError `too-large` past the limit
   */
  readonly body: () => Promise<Buffer>;
  /** Calls back once when the client has gone away or was answered. */
  readonly whenGone: (callback: () => void) => void;
}

/** An answer: `json` is serialised, `raw` goes as it is; without either the body is empty. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly raw?: string | Buffer;
}

export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;

/** Handlers by path, then by method. A path that ends in `/` takes whatever follows it. */
export type Routes = Readonly<
  Record<string, Readonly<Partial<Record<'GET' | 'PUT' | 'DELETE' | 'POST', Handler>>>>
>;

export const DONE: Reply = {};
