// ESM all the way: run by `node --experimental-vm-modules`, TypeScript through swc, workspace packages from source.
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@souk/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
    // light-my-request requires the ESM-only `cookie`, which Jest allows only on Node 24.
    '/node_modules/cookie/.+\\.js$': ['@swc/jest', { module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: ['/node_modules/(?!cookie/)'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};
