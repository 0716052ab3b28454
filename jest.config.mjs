// Unit tests stand beside the code (src/**/*.spec.ts); tests that need PostgreSQL,
// Redis or a whole application stand in <package>/test; black box tests in test/.
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironmentOptions: { customExportConditions: ['@haven/source', 'node', 'node-addons'] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

export default {
  maxWorkers: 2,
  workerIdleMemoryLimit: '400MB',
  // Ends a test that hangs, on a machine however slow: no test is about time.
  testTimeout: 60_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/libs/*/src/**/*.spec.ts',
        '<rootDir>/apps/*/src/**/*.spec.ts',
        '<rootDir>/tools/src/**/*.spec.ts',
      ],
    },
    {
      ...base,
      displayName: 'integration',
      testMatch: [
        '<rootDir>/libs/*/test/**/*.spec.ts',
        '<rootDir>/apps/*/test/**/*.spec.ts',
        '<rootDir>/tools/test/**/*.spec.ts',
      ],
    },
    { ...base, displayName: 'black-box', testMatch: ['<rootDir>/test/**/*.spec.ts'] },
  ],
};
