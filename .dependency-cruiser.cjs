/** The import law of docs/decisions/0002-import-law.md, as errors. */
const rooms = 'errors|http|grpc|events|outbox|resilience|discovery|auth|telemetry|service';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Types may refer to each other; code may not.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-undeclared',
      comment: 'What a package imports stands in its package.json.',
      severity: 'error',
      from: { pathNot: '\\.spec\\.ts$|/testing/|\\.mjs$' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
    {
      name: 'services-stand-alone',
      comment: 'A service never imports another service.',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'shop-stays-in-the-shop',
      comment: 'Packages and infra know nothing of services.',
      severity: 'error',
      from: { path: '^(packages|infra)/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { path: '^services/' },
    },
    {
      name: 'comms-knows-no-shop',
      severity: 'error',
      from: { path: '^packages/comms/', pathNot: '\\.spec\\.ts$|/testing/' },
      to: { path: '^(packages/(?!comms/)|infra/)' },
    },
    {
      name: 'transports-apart',
      comment: 'http, grpc and events never import each other.',
      severity: 'error',
      from: { path: '^packages/comms/src/(http|grpc|events)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^packages/comms/src/(http|grpc|events)/', pathNot: '^packages/comms/src/$1/' },
    },
    {
      name: 'rooms-by-their-door',
      comment: 'A room of comms is imported by its index.',
      severity: 'error',
      from: { path: `^packages/comms/src/(${rooms})/`, pathNot: '\\.spec\\.ts$' },
      to: {
        path: `^packages/comms/src/(${rooms})/`,
        pathNot:
          '^packages/comms/src/($1/|[^/]+/index\\.ts$|events/(kafka|local)/index\\.ts$|grpc/health-probe\\.ts$)',
      },
    },
    {
      name: 'doors-never-meet',
      comment: 'http, grpc and events of a service never import each other.',
      severity: 'error',
      from: { path: '^services/(?!registry/)([^/]+)/src/(http|grpc|events)/' },
      to: { path: '^services/$1/src/(http|grpc|events)/', pathNot: '^services/$1/src/$2/' },
    },
    {
      name: 'inward-only',
      comment: 'main → app → doors → use cases → domain, store, clients.',
      severity: 'error',
      from: { path: '^services/(?!registry/)([^/]+)/src/(use-cases|domain|store|clients)/' },
      to: { path: '^services/$1/src/(http|grpc|events|app|main)' },
    },
    {
      name: 'store-and-clients-know-domain-alone',
      severity: 'error',
      from: { path: '^services/(?!registry/)([^/]+)/src/(store|clients)/' },
      to: { path: '^services/$1/src/', pathNot: '^services/$1/src/($2|domain|generated)/' },
    },
    {
      name: 'domain-is-pure',
      comment: 'The domain imports nothing outward: no library, no room, no node: module.',
      severity: 'error',
      from: { path: '^services/(?!registry/)([^/]+)/src/domain/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: '^services/$1/src/domain/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|generated)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@souk/source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
