import type { EmbeddedSystem } from '../embedded/start.js';

/** The system that this run's set-up started, for its teardown. */
export const runningSystem: { current: EmbeddedSystem | undefined } = { current: undefined };
