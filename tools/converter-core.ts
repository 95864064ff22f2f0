/**
 * Serves the core of the converter (npm @ffmpeg/core) beside the studio, where it is installed: in a build as files of the folder `converter`, while
 * developing from where it lies. It is licensed under the GPL, so it is no dependency of the package, no part of its tarball and of no
 * bundle; the page loads it when a person asks for it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';
import { z } from 'zod';

/** Files of the core, and their types. */
const types: Readonly<Record<string, string>> = { 'ffmpeg-core.js': 'text/javascript', 'ffmpeg-core.wasm': 'application/wasm' };

const manifestSchema = z.object({ version: z.string() });

const licence = (
  version: string,
): string => `ffmpeg-core.js and ffmpeg-core.wasm are @ffmpeg/core ${version}: FFmpeg and libraries that it is built with, x264 among them.

They are licensed under the GNU General Public License, version 2 or later (https://www.gnu.org/licenses/old-licenses/gpl-2.0.html), unlike the
studio, which neither contains them nor is derived from them. Their source and how they are built:
https://github.com/ffmpegwasm/ffmpeg.wasm
`;

/** Address beside the page: another for another version, so that it may be kept. */
const folderOf = (version: string): string => `converter/${version}/`;

interface Core {
  /** Folder that holds it. */
  readonly at: string;
  /** Folder that it is served from. */
  readonly folder: string;
  readonly licence: string;
}

/** The core; undefined where it is not installed. */
function installed(root: string): Core | undefined {
  const require = createRequire(join(root, 'package.json'));
  let script: string;
  try {
    // Of the exported files the one that is a module.
    script = join(dirname(require.resolve('@ffmpeg/core')), '..', 'esm', 'ffmpeg-core.js');
  } catch {
    return undefined;
  }
  if (!existsSync(script)) return undefined;
  const { version } = manifestSchema.parse(JSON.parse(readFileSync(join(dirname(script), '..', '..', 'package.json'), 'utf8')));
  return { at: dirname(script), folder: folderOf(version), licence: licence(version) };
}

/** A plugin of Vite; it says where the core is by the constant `__AIPROD_CONVERTER__`, undefined where there is none. */
export function converterCore(root: string): Plugin {
  const core = installed(root);
  return {
    name: 'converter-core',
    config: () => ({ define: { __AIPROD_CONVERTER__: core === undefined ? 'undefined' : JSON.stringify(`./${core.folder}`) } }),
    configureServer({ middlewares }) {
      if (core === undefined) return;
      middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '/', 'http://here');
        const name = pathname.slice(1 + core.folder.length);
        if (!pathname.startsWith(`/${core.folder}`) || !Object.hasOwn(types, name)) return next();
        readFile(join(core.at, name)).then((bytes) => {
          response.setHeader('Content-Type', types[name]);
          response.setHeader('Content-Length', String(bytes.length));
          response.end(request.method === 'HEAD' ? undefined : bytes);
        }, next);
      });
    },
    async generateBundle() {
      if (core === undefined) return;
      for (const name of Object.keys(types))
        this.emitFile({ type: 'asset', fileName: core.folder + name, source: await readFile(join(core.at, name)) });
      this.emitFile({ type: 'asset', fileName: `${core.folder}licence.txt`, source: core.licence });
    },
  };
}
