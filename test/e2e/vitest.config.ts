/** Browser tests: the built page in Chromium against the real API with the fake dairy. `npx vitest run --config test/e2e/vitest.config.ts` */
import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: this is how vitest finds it
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.e2e.test.ts'],
    pool: 'threads',
    isolate: false,
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
