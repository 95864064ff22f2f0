import { defineConfig } from '@playwright/test';
import { chromiumLaunch } from './tools/chromium';

const port = 4319;

/** The built studio in Chromium on software WebGPU: one browser at a time, and patience for a shared processor. */
export default defineConfig({
  testDir: 'e2e',
  // Pictures for the documentation are taken on request only.
  testIgnore: process.env.AIPROD_SCREENS === undefined ? ['screens.spec.ts'] : [],
  workers: 1,
  timeout: 15 * 60_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  outputDir: 'test-results/e2e',
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  use: {
    baseURL: `http://127.0.0.1:${port}/`,
    launchOptions: await chromiumLaunch(),
    trace: 'retain-on-failure',
  },
  webServer: {
    command: `node node_modules/vite/bin/vite.js preview --port ${port} --strictPort`,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: false,
  },
});
