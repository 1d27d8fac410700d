/** One way to call from process to process: an echo of a text. */
export interface Peer {
  /** Starts the answering side; resolves when it listens. */
  serve(setup: Setup): Promise<unknown>;
  /** @returns the call */
  connect(setup: Setup): Promise<Call>;
}

export type Call = (text: string) => Promise<unknown>;

/** What both sides of a pair know. */
export interface Setup {
  readonly port: number;
  /** A second free port, for those that need one of their own on the calling side. */
  readonly callerPort: number;
  readonly keys: ServiceKeys;
  /** Settings of one benchmark, such as the capacity of its server. */
  readonly settings: Readonly<Record<string, number>>;
  /** URLs of what the benchmark started for all stacks, by name. */
  readonly places?: Readonly<Record<string, string>>;
}

export interface ServiceKeys {
  readonly caller: string;
  readonly bundle: { readonly keys: readonly object[] };
  /** RSA: signs access tokens. */
  readonly user: string;
}
