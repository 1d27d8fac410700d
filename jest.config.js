import preset from './jest.preset.js';

export default {
  ...preset,
  roots: ['<rootDir>/packages', '<rootDir>/services', '<rootDir>/infra'],
  testMatch: ['**/*.spec.ts'],
  // Each wait of a test has a deadline of its own; this one is for what hangs, on the slowest of machines.
  testTimeout: 180_000,
};
