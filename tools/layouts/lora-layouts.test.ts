import { beforeAll, describe, expect, it } from 'vitest';
import { addLowRankBranches, evaluateGraph } from '../../src/graph';
import { buildTransformerGraph, timestepInput } from '../../src/models';
import { randomNormal } from '../../src/numeric/random';
import { openLora, openLtxCheckpoint, withLoras, type LtxModel } from '../../src/pipelines';
import { blobFileTree, type FileTree } from '../../src/weights';
import { loraLayouts, randomLora } from './lora-layouts';
import { originalLayouts, originalTransformer, writeOriginal } from './originals';

const seed = 3;
const scale = 0.6;
const treeOf = (name: string, files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): FileTree =>
  blobFileTree(name, new Map([...files].map(([path, bytes]) => [path, new Blob([bytes])])));

let model: LtxModel;
beforeAll(async () => {
  const [layout] = originalLayouts;
  model = await openLtxCheckpoint(
    { checkpoint: { tree: treeOf('base', writeOriginal(layout, seed)), path: 'checkpoint.safetensors' } },
    'base',
  );
});

/** W + s alpha / rank B A, straight from the definition. */
function expectedWeights(factor: number): (name: string) => Float32Array {
  const lora = randomLora(seed);
  const { weights } = originalTransformer(seed);
  return (name) => {
    const values = weights.get(name)?.values ?? new Float32Array();
    const pair = lora.get(name.replace(/\.weight$/, ''));
    if (pair === undefined) return values;
    const { down, up, shape } = pair;
    const rank = up.length / shape[0];
    return values.map((value, k) => {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += up[Math.floor(k / shape[1]) * rank + r] * down[r * shape[1] + (k % shape[1])];
      return value + scale * factor * sum;
    });
  };
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(actual.map((value, k) => value - expected[k])) / norm(expected);
}

describe('layouts of LoRAs', { timeout: 120_000 }, () => {
  it.each(loraLayouts)('$name: equal outputs, fused and live', async ({ name, style, factor, write }) => {
    const opened = await openLora({ tree: treeOf(name, write(seed)), path: '' }, model, name);
    expect(opened.lora?.keyStyle).toBe(style);
    expect(opened.lora?.referenceDownscaleFactor).toBe(name === 'lora-ic-lora' ? 2 : undefined);
    const component = originalTransformer(seed);
    const expected = await component.run(expectedWeights(factor));
    expect(
      relativeError(expected, await component.run((weight) => component.weights.get(weight)?.values ?? new Float32Array())),
    ).toBeGreaterThan(0.01);

    const fused = await withLoras(model, [{ opened, scale }], 'fused');
    expect(relativeError(await component.run(fused.reader('transformer')), expected)).toBeLessThan(1e-6);

    const live = await withLoras(model, [{ opened, scale }]);
    const { graph } = buildTransformerGraph(model.transformer, {
      batch: 1,
      positions: { frames: 2, height: 2, width: 2 },
      textLength: 3,
      masked: false,
    });
    const inputs = {
      hidden_states: randomNormal(7, 0, 8 * 8),
      encoder_hidden_states: randomNormal(7, 1, 3 * model.transformer.caption_channels),
      timestep_sinusoid: timestepInput(Float32Array.of(500)),
      ...live.liveLoras.inputs,
    };
    const results = await evaluateGraph(addLowRankBranches(graph, live.liveLoras.adapters), inputs, live.reader('transformer'));
    expect(relativeError(Float32Array.from(results.get('sample')?.data ?? []), expected)).toBeLessThan(1e-5);
    await opened.close();
  });
});
