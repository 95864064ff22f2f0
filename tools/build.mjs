/** Builds what is served and published: the studio into dist/studio, the command line into dist/cli, the component into dist/embed. */
import { join } from 'node:path';
import { build } from 'vite';
import { bundleCli } from './cli-bundle.mjs';
import { bundleEmbed } from './embed-bundle.mjs';

const root = join(import.meta.dirname, '..');
await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
await bundleCli(root, join(root, 'dist', 'cli'));
await bundleEmbed(root, join(root, 'dist', 'embed'));
console.info('built dist/studio, dist/cli and dist/embed');
