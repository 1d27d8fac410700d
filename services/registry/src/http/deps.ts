import type { CheckRunner } from '../checks/runner.js';
import type { RegistryConfig } from '../config.js';
import type { Store } from '../store/store.js';
import type { AnswerBlocking } from './blocking.js';

/** What the endpoints work with. */
export interface HttpDeps {
  readonly config: RegistryConfig;
  readonly store: Store;
  readonly checks: CheckRunner;
  readonly answer: AnswerBlocking;
  readonly isStopping: () => boolean;
  /** Starts an orderly stop of the whole registry. */
  readonly leave: () => void;
}
