/**
 * For every child of ours. A small young generation and one V8 helper thread keep ten idle processes small on one
 * machine; `--optimize-for-size` would save some more and cost a third of the throughput.
 */
export const nodeFlags = ['--max-semi-space-size=4', '--max-old-space-size=256', '--v8-pool-size=1'];
