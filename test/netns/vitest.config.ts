import { defineConfig } from 'vitest/config';

/** Tests that start processes and change the network of this machine's namespaces: one after the other, each file in its own process. */
export default defineConfig({
  test: {
    include: ['test/netns/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
