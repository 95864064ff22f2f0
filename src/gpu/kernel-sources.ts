/** All WGSL under kernels/, by module path: the same bundler feature serves the page, the tests and the Node bundle. */
const files = import.meta.glob<string>('../../kernels/**/*.wgsl', { query: '?raw', import: 'default', eager: true });

/** WESL module file name (`matmul/register_tile.wgsl`) to source text. */
export const kernelSources: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(files).map(([path, source]) => [path.replace('../../kernels/', ''), source]),
);
