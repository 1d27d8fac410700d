import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import preset from '../../jest.preset.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const folders = ['packages/testkit/e2e', 'packages/demo/e2e'];

/** The end-to-end suites: one system for all of them, one after the other, since some kill parts of it. */
export default {
  ...preset,
  rootDir: repository,
  roots: folders.map((folder) => join(repository, folder)).filter((folder) => existsSync(folder)),
  testMatch: ['**/*.e2e.spec.ts'],
  maxWorkers: 1,
  testTimeout: 240_000,
  globalSetup: join(repository, 'packages/testkit/dist/jest/global-setup.js'),
  globalTeardown: join(repository, 'packages/testkit/dist/jest/global-teardown.js'),
};
