import { Linter } from 'eslint';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layersRule, objection } from './layers.mjs';

describe('objection', () => {
  it.each([
    ['src/graph/planner.ts', 'src/graph/passes/fusion'],
    ['src/graph/planner.ts', 'src/gpu'],
    ['src/graph/planner.ts', 'src/gpu/index'],
    ['src/models/t5/encoder.ts', 'src/text'],
    ['src/models/layers.ts', 'src/numeric/half'],
    ['src/gpu/device.ts', 'src/errors'],
    ['src/cli/generate.ts', 'src/media/node'],
    ['workers/generator.ts', 'src/pipelines'],
    ['src/studio/state/clip.ts', 'workers'],
    ['src/models/layers.gpu.test.ts', 'src/graph/testing/golden-case'],
    ['src/models/testing/compare.ts', 'src/gpu/testing'],
    ['src/numeric/rotary-tables.test.ts', 'src/graph/testing/golden-case'],
    ['src/cli/main.ts', 'package.json'],
    ['vite.config.ts', 'src/gpu/node'],
  ])('lets %s import %s', (from, to) => {
    expect(objection(from, to)).toBeUndefined();
  });

  it.each([
    ['src/gpu/device.ts', 'src/graph', 'layer above'],
    ['src/errors.ts', 'src/numeric/half', undefined],
    ['src/numeric/half.ts', 'src/gpu', 'layer above'],
    ['src/media/mp4.ts', 'src/pipelines', 'layer above'],
    ['src/pipelines/denoise.ts', 'workers', 'layer above'],
    ['src/models/layers.ts', 'src/graph/tracer', 'past its public face'],
    ['src/models/t5/encoder.ts', 'src/text/t5-tokenizer', 'past its public face'],
    ['src/models/layers.ts', 'src/graph/testing', 'for tests only'],
    ['src/studio/main.tsx', 'src/gpu', 'not to the GPU'],
    ['workers/generator.ts', 'src/media/node', 'no browser can load'],
    ['src/misc/a.ts', 'src/gpu', 'has no layer'],
  ])('judges %s importing %s', (from, to, part) => {
    if (part === undefined) expect(objection(from, to)).toBeUndefined();
    else expect(objection(from, to)).toContain(part);
  });
});

describe('layersRule', () => {
  /** Messages for one file of the repository with the given text. */
  function lint(path, text) {
    const linter = new Linter({ configType: 'flat', cwd: process.cwd() });
    const config = [{ files: ['**/*'], plugins: { aiprod: { rules: { layers: layersRule } } }, rules: { 'aiprod/layers': 'error' } }];
    return linter.verify(text, config, { filename: join(process.cwd(), path) }).map(({ message }) => message);
  }

  it('fails an import that goes up, in every form of import', () => {
    for (const text of ["import '../graph';", "export * from '../graph';", "export { a } from '../graph';", "await import('../graph');"]) {
      expect(lint('src/gpu/device.js', text)).toEqual([expect.stringContaining('layer above')]);
    }
  });

  it('fails an import past a face and passes one through it', () => {
    expect(lint('src/models/layers.js', "import { a } from '../graph/tracer';")).toEqual([expect.stringContaining('past its public face')]);
    expect(lint('src/models/layers.js', "import { a } from '../graph';\nimport { z } from 'zod';\nimport './t5/encoder';")).toEqual([]);
  });
});
