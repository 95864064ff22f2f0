/** Runs a tool over modules of the repository, through Vite, which resolves TypeScript and shaders as everywhere else. */
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

/**
 * @template Result
 * @param {(load: (path: string) => Promise<Record<string, any>>) => Promise<Result>} work is given a loader of modules by their path
 *   from the repository's root, such as `/tools/layouts/layouts.ts`; the server is closed when it ends
 * @returns {Promise<Result>}
 */
export async function withSources(work) {
  const server = await createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    return await work((path) => server.ssrLoadModule(path));
  } finally {
    await server.close();
  }
}
