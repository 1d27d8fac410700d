/**
 * For every child of ours. A small young generation and one V8 helper thread keep ten idle processes small on one
 * machine; `--optimize-for-size` would save some more and cost a third of the throughput. The warning is of kafkajs,
 * which asks for timers in the past.
 */
export const nodeFlags = [
  '--max-semi-space-size=4',
  '--max-old-space-size=256',
  '--v8-pool-size=1',
  '--disable-warning=TimeoutNegativeWarning',
];
