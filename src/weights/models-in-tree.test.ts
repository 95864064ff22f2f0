import { expect, it } from 'vitest';
import type { FileTree } from './file-tree';
import { addOnsInTree, modelsInTree } from './models-in-tree';
import { memorySource, writeSafetensors } from '.';

/** Files with so many bytes of nothing, or with what is given. */
function treeOf(name: string, files: Readonly<Record<string, Uint8Array<ArrayBuffer> | undefined>>): FileTree {
  return {
    name,
    list: async () => Object.keys(files),
    open: async (path) => (Object.hasOwn(files, path) ? memorySource(files[path] ?? new Uint8Array(4), path) : undefined),
    readText: async () => undefined,
  };
}

const matrix = { dtype: 'F32' as const, shape: [2, 2], bytes: new Uint8Array(16) };
const lora = writeSafetensors(
  new Map([
    ['transformer.transformer_blocks.0.attn1.to_q.lora_A.weight', matrix],
    ['transformer.transformer_blocks.0.attn1.to_q.lora_B.weight', matrix],
  ]),
);

it('finds LoRAs and upsamplers by their names, and by their headers where names do not say', async () => {
  const tree = treeOf('folder', {
    'ltx-model.safetensors': writeSafetensors(new Map([['x', matrix]])),
    'ink.safetensors': lora,
    'pose-ic-lora.safetensors': undefined,
    'styles/watercolour/adapter_model.safetensors': undefined,
    'ltx-spatial-upscaler.safetensors': undefined,
    'parts/latent_upsampler/config.json': undefined,
    'parts/latent_upsampler/model.safetensors': undefined,
    'broken.safetensors': undefined,
    'pipeline/model_index.json': undefined,
    'pipeline/transformer/lora-ready.safetensors': undefined,
  });
  const found = await addOnsInTree(tree);
  expect(found.map(({ kind, name, path }) => [kind, name, path])).toEqual([
    ['upsampler', 'parts', ''],
    ['lora', 'ink.safetensors', 'ink.safetensors'],
    ['lora', 'pose-ic-lora.safetensors', 'pose-ic-lora.safetensors'],
    ['lora', 'watercolour', 'styles/watercolour/adapter_model.safetensors'],
    ['upsampler', 'ltx-spatial-upscaler.safetensors', 'ltx-spatial-upscaler.safetensors'],
  ]);
  expect((await modelsInTree(tree)).map(({ name }) => name)).toContain('pipeline');
});
