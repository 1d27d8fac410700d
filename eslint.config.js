import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Libraries that open a door of their own: only packages/comms may (see docs/decisions/0002-import-law.md). */
const transports = ['fastify', '@grpc/grpc-js', 'kafkajs', 'jsonwebtoken'];
const mayUseFastify = ['infra/gateway', 'infra/payment-provider', 'packages/testkit', 'bench'];

const restricted = (names) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    {
      paths: names.map((name) => ({
        name,
        message: 'Only packages/comms talks to the outside: import from @souk/comms.',
        allowTypeImports: false,
      })),
    },
  ],
});

export default tseslint.config(
  { ignores: ['**/dist/**', '**/generated/**', '**/node_modules/**', '.souk/**', '.turbo/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // A pool's or a database's methods are closures: taking one along loses nothing.
      '@typescript-eslint/unbound-method': 'off',
      // An empty text in the environment or a query means the same as none.
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: { string: true, number: true } },
      ],
      'max-params': ['error', 3],
      'max-lines': ['error', { max: 400 }],
      eqeqeq: 'error',
      ...restricted(transports),
    },
  },
  { files: ['packages/comms/**/*.ts'], rules: { '@typescript-eslint/no-restricted-imports': 'off' } },
  {
    files: mayUseFastify.map((folder) => `${folder}/**/*.ts`),
    rules: restricted(transports.filter((name) => name !== 'fastify')),
  },
  {
    files: ['**/*.ts'],
    // infra starts processes and hands them what they need of its own environment, PATH above all.
    ignores: ['**/config.ts', '**/*.spec.ts', '**/testing/**', 'infra/*/src/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: "Read the environment in the package's config.ts alone.",
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/testing/**/*.ts', '**/e2e/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-misused-promises': 'off',
      'max-params': 'off',
    },
  },
  { files: ['**/*.{js,mjs,cjs}'], languageOptions: { globals: globals.node } },
);
