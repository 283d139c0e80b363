import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'test/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    globalSetup: ['test/run-folder.ts'],
    pool: 'forks',
    // Vitest would leave one core free; on two, that is half of the machine.
    maxWorkers: availableParallelism(),
    testTimeout: 90_000,
  },
});
export default config;
