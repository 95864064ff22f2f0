/** Prints how long the editor's frame steps take in Chromium on the software adapter: `node tools/bench/frame-steps.mjs`. */
import { withSources } from '../with-sources.mjs';

await withSources(async (load) => {
  const { openChecks } = await load('/workers/editor/testing/checks-browser.ts');
  const { page, close } = await openChecks();
  console.log(JSON.stringify(await page.evaluate(() => globalThis.editorChecks.timeSteps()), null, 2));
  await close();
});
