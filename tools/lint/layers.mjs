/**
 * ESLint rule for the layers of docs/architecture.md: a room (a folder of `src/`, or `kernels/`, `workers/`) imports only from
 * its own layer and those below, and from another room only through that room's public faces.
 */
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

/** From the bottom up. Rooms of one layer may use each other through their faces. */
const layers = [
  ['errors', 'numeric', 'audio', 'golden'],
  ['gpu', 'kernels'],
  ['graph'],
  ['models', 'diffusion', 'text', 'prompts', 'media', 'metrics', 'weights', 'quality', 'data', 'config'],
  ['pipelines', 'project', 'compositing', 'training', 'training-run', 'verify', 'bench'],
  ['workers'],
  ['cli', 'studio', 'embed', 'server'],
];

/** Rooms that talk to workers or runners and must not know of the GPU at all. */
const apartFromGpu = new Set(['studio', 'embed', 'server']);
const gpuRooms = new Set(['gpu', 'kernels', 'graph', 'models']);

/** Rooms whose every file may be imported: single functions without a common face. */
const open = new Set(['errors', 'numeric', 'kernels']);

/** Rooms that run in a browser, where a face for Node must not arrive. */
const browserRooms = new Set(['studio', 'embed', 'workers']);

/** The folder of `src/` (or the top-level folder) that a repository path belongs to, and what follows inside it. */
function locate(path) {
  const parts = path.split(sep).join('/').split('/');
  if (parts[0] === 'src') parts.shift();
  else if (parts[0] !== 'kernels' && parts[0] !== 'workers') return undefined;
  const room = (parts[0] ?? '').replace(/\.tsx?$/, '');
  return { room, rest: parts.slice(1).join('/') };
}

function layerOf(room) {
  return layers.findIndex((rooms) => rooms.includes(room));
}

/** What is wrong with `from` importing `to`, both as repository paths; undefined when nothing is. */
export function objection(from, to) {
  const importer = locate(from);
  const imported = locate(to);
  if (importer === undefined || imported === undefined) return undefined;
  if (importer.room === imported.room) return undefined;
  const name = `${importer.room} imports ${imported.room}`;
  for (const { room } of [importer, imported]) {
    if (layerOf(room) === -1) return `the room ${room} has no layer: give it one in tools/lint/layers.mjs and docs/architecture.md`;
  }
  const isTest = /\.(test|golden)\.tsx?$/.test(from) || /(^|\/)testing(\/|\.ts$)/.test(from.split(sep).join('/'));
  const face = imported.rest.replace(/\.tsx?$/, '');
  // Reference data and shared devices of tests are no part of what is built: the order of layers does not bind them.
  if (/^testing(\/|$)/.test(face)) return isTest ? undefined : `${name}/${face}, which is for tests only`;
  if (layerOf(imported.room) > layerOf(importer.room)) return `${name}, a layer above it: move what both need down`;
  if (apartFromGpu.has(importer.room) && gpuRooms.has(imported.room)) return `${name}: it talks to workers, not to the GPU`;
  if (face === 'node' && browserRooms.has(importer.room)) return `${name}/node, which no browser can load: use its browser face`;
  if (open.has(imported.room) || face === '' || ['index', 'node', 'browser', 'web'].includes(face)) return undefined;
  return `${name}/${face} past its public face: import from its index.ts and export there what is needed`;
}

/** @type {import('eslint').Rule.RuleModule} */
export const layersRule = {
  meta: { type: 'problem', schema: [], docs: { description: 'imports go down the layers, through public faces' } },
  create(context) {
    const file = relative(context.cwd, context.filename);
    function check(node) {
      if (typeof node.source?.value !== 'string') return;
      const specifier = node.source.value;
      if (!specifier.startsWith('.')) return;
      const target = relative(context.cwd, join(dirname(context.filename), specifier.replace(/\?.*$/, '')));
      if (target.startsWith('..') || isAbsolute(target)) return;
      const message = objection(file, target);
      if (message !== undefined) context.report({ node: node.source, message });
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
