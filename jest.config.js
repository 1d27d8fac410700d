import preset from './jest.preset.js';

export default {
  ...preset,
  roots: ['<rootDir>/packages', '<rootDir>/services', '<rootDir>/infra'],
  testMatch: ['**/*.spec.ts'],
};
