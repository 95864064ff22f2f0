import { describe, expect, it } from 'vitest';
import { addLowRankBranches, evaluateGraph } from '../../src/graph';
import { buildWanTransformerGraph, parseWanTransformerConfig } from '../../src/models';
import { readModelCase, relativeError } from '../../src/models/testing/golden';
import { randomNormal } from '../../src/numeric/random';
import { timestepSinusoid } from '../../src/numeric/timestep-embedding';
import {
  blobFileTree,
  fuseLoras,
  liveLoras,
  openWeightSet,
  parametersOf,
  readLora,
  WAN_TRANSFORMER_NAMES,
  type ParameterSource,
} from '../../src/weights';
import { randomWanLora, wanLoraLayouts, wanWeights } from './wan-lora-layouts';

const seed = 5;
const scale = 0.6;
const config = parseWanTransformerConfig(readModelCase('wan_transformer').golden.config, 'wan_transformer');
const { graph } = buildWanTransformerGraph(config, { batch: 1, frames: 2, height: 4, width: 4, textLength: 3 });
const inputs = {
  hidden_states: randomNormal(7, 0, config.in_channels * 32),
  encoder_hidden_states: randomNormal(7, 1, 3 * config.text_dim),
  timestep_sinusoid: timestepSinusoid(Float32Array.of(500), config.freq_dim),
};

async function predict(read: ParameterSource['load'], branched = graph, scales: Record<string, Float32Array> = {}): Promise<Float32Array> {
  const results = await evaluateGraph(branched, { ...inputs, ...scales }, read);
  return Float32Array.from(results.get('sample')?.data ?? []);
}

function baseWeight(name: string): Float32Array<ArrayBuffer> {
  const data = wanWeights.get(name)?.data;
  if (!(data instanceof Float32Array)) throw new Error(name);
  return new Float32Array(data);
}

/** The weights with the LoRA in them, straight from the definition. */
function expectedWeight(factor: number, whole: boolean): (name: string) => Promise<Float32Array<ArrayBuffer>> {
  const { pairs, patches, differences } = randomWanLora(seed);
  return async (name) => {
    const values = baseWeight(name);
    const pair = name === 'patch_embedding.weight' && whole ? patches : pairs.get(name.replace(/\.weight$/, ''));
    if (pair !== undefined) {
      const { down, up, shape } = pair;
      const rank = up.length / shape[0];
      return values.map((value, k) => {
        let sum = 0;
        for (let r = 0; r < rank; r++) sum += up[Math.floor(k / shape[1]) * rank + r] * down[r * shape[1] + (k % shape[1])];
        return value + scale * factor * sum;
      });
    }
    const difference = whole ? differences.get(name) : undefined;
    return difference === undefined ? values : values.map((value, k) => value + scale * difference[k]);
  };
}

async function openFiles(name: string, files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<ParameterSource> {
  const tree = blobFileTree(name, new Map([...files].map(([path, bytes]) => [path, new Blob([bytes])])));
  return parametersOf(await openWeightSet(tree, 'adapter_model.safetensors'));
}

const targets = {
  parameters: new Map([...wanWeights].map(([name, { shape }]) => [name, shape])),
  renaming: WAN_TRANSFORMER_NAMES,
};

describe('layouts of LoRAs for Wan', () => {
  it.each(wanLoraLayouts)('$name: equal outputs, fused and live', async ({ name, style, factor, whole, write }) => {
    const file = await openFiles(name, write(seed));
    const lora = await readLora(file, targets);
    expect(lora.keyStyle).toBe(style);
    expect([...lora.ranks.keys()].sort()).toEqual([...randomWanLora(seed).pairs.keys()].map((layer) => `${layer}.weight`).sort());
    expect(lora.differences.size).toBe(whole ? 8 : 0);
    const model: ParameterSource = {
      ...file,
      name: 'model',
      has: (weight) => wanWeights.has(weight),
      names: () => wanWeights.keys(),
      shape: (weight) => wanWeights.get(weight)?.shape ?? [],
      load: async (weight) => baseWeight(weight),
    };
    const expected = await predict(expectedWeight(factor, whole));
    expect(relativeError(await predict(model.load), expected)).toBeGreaterThan(0.05);
    expect(relativeError(await predict(fuseLoras(model, [{ lora, scale }]).load), expected)).toBeLessThan(1e-6);
    const live = liveLoras(model, [{ lora, scale }]);
    const beside = await predict(live.source.load, addLowRankBranches(graph, live.adapters), live.inputs);
    expect(relativeError(beside, expected)).toBeLessThan(1e-5);
  });
});
