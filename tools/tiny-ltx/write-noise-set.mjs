/**
 * Writes a training set of noise for the model of write-folder.mjs, as `aiprod preprocess` would lay it out.
 *
 *   node tools/tiny-ltx/write-noise-set.mjs FOLDER
 */
import { withSources } from '../with-sources.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('name the folder to write to');
await withSources(async (load) => (await load('/src/training-run/testing.ts')).writeNoiseSet(folder));
