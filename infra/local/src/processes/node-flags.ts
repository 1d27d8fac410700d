/** For every child of ours: small heaps that are collected sooner, since all of them share one small machine. */
export const nodeFlags = [
  '--max-semi-space-size=2',
  '--max-old-space-size=256',
  '--optimize-for-size',
  '--v8-pool-size=2',
];
