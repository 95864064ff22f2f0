import { test as plain } from '@playwright/test';
import { serveHarness, type ServedHarness } from './serve';

/** Tests of the harness, which is built once for all of them. */
export const test = plain.extend<object, { harness: ServedHarness }>({
  harness: [
    async ({ browserName: _ }, use) => {
      const harness = await serveHarness();
      await use(harness);
      await harness.close();
    },
    { scope: 'worker' },
  ],
});
