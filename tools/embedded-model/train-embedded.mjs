/** Makes the embedded model from nothing with our own trainer: `npm run train:embedded`; see the README beside. */
import { withSources } from '../with-sources.mjs';

try {
  await withSources(async (load) => (await load('/tools/embedded-model/chain/command.ts')).trainEmbedded(process.argv.slice(2)));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
// The device's driver keeps the process alive.
process.exit();
