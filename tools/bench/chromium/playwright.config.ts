import { defineConfig } from '@playwright/test';
import { chromiumLaunch } from '../../chromium';

/** Not part of the tests: a measurement in the same Chromium. */
export default defineConfig({
  testDir: '.',
  workers: 1,
  timeout: 60 * 60_000,
  outputDir: '../../../test-results/bench',
  reporter: 'line',
  use: { launchOptions: await chromiumLaunch() },
});
