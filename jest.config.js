// jest on native ES modules: `npm test` starts it with --experimental-vm-modules.
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/.data/'],
  globalSetup: '<rootDir>/test/setup/global-setup.ts',
  globalTeardown: '<rootDir>/test/setup/global-teardown.ts',
  maxWorkers: 2,
  // Each test file has a whole Postgres in memory: start over with a fresh process when that adds up.
  workerIdleMemoryLimit: '1200MB',
  // To give a gigabyte back takes a busy machine longer than half a second. Who is still there then has left something open.
  workerGracefulExitTimeout: 5_000,
  testTimeout: 30_000,
};
