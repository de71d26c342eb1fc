// jest on native ES modules: `npm test` starts it with --experimental-vm-modules, and with --single-threaded-gc, since the
// threads of two collectors wait for each other on two cores, and the tests then take half as long again.
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
  testEnvironment: '<rootDir>/test/setup/realm.ts',
  globalSetup: '<rootDir>/test/setup/global-setup.ts',
  globalTeardown: '<rootDir>/test/setup/global-teardown.ts',
  maxWorkers: 2,
  // What a test file leaves behind is not given back, and each collection goes through all of it: start over with a fresh
  // process when that adds up.
  workerIdleMemoryLimit: '400MB',
  // To give a gigabyte back takes a busy machine longer than half a second. Who is still there then has left something open.
  workerGracefulExitTimeout: 5_000,
  testTimeout: 30_000,
};
