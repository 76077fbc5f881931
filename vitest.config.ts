import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Temporal's native core does not live in worker threads.
    pool: 'forks',
    maxWorkers: 2,
    env: { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' },
    reporters: ['default', './test/support/count-reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['workflows/domain/**/*.ts', 'functions/**/*.ts', 'worker/**/*.ts'],
      reporter: ['text'],
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{int,e2e}.test.ts'],
          // Some hold properties over hundreds of random lives, which takes a busy machine a while.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'workflows',
          include: ['test/**/*.int.test.ts'],
          globalSetup: 'test/support/temporal-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.test.ts'],
          globalSetup: 'test/support/stack-setup.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // The same tests of the ingress on a second SQS server, which was written by others.
        extends: true,
        test: {
          name: 'e2e-elasticmq',
          include: ['test/e2e/ingress.e2e.test.ts'],
          setupFiles: 'test/support/elasticmq-setup.ts',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
