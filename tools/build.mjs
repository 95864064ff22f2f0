/** Builds what is served and published: the studio into dist/studio, the command line into dist/cli. */
import { join } from 'node:path';
import { build } from 'vite';
import { bundleCli } from './cli-bundle.mjs';

const root = join(import.meta.dirname, '..');
await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
await bundleCli(root, join(root, 'dist', 'cli'));
console.info('built dist/studio and dist/cli');
