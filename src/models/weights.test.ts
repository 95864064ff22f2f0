import { describe, expect, it } from 'vitest';
import { evaluateGraph, storeParametersAs } from '../graph';
import { chooseEncodings, weightOptions, type WeightOption } from '../weights';
import { readModelCase, relativeError } from './testing/golden';
import { verifyModelCase } from './verify';

/** Least similarity, 1 less the relative L2 error, of a model's result to the reference's, by encoding of its weights. */
const floors: Readonly<Record<WeightOption, number>> = {
  'as-stored': 0.9999,
  plain: 0.9999,
  f16: 0.999,
  bf16: 0.99,
  fp8_e4m3: 0.9,
  fp8_e5m2: 0.8,
  int8: 0.97,
  int4: 0.75,
  q8_0: 0.97,
  q4_0: 0.75,
  q4_k: 0.95,
  q5_k: 0.96,
  q6_k: 0.97,
};

/** The outputs that count, not what is captured on the way. */
const results = new Set(['sample', 'decoded', 'latent_mode', 'last_hidden_state']);

const known = new Map<string, Promise<number>>();
/** Each is asked for once and again as what others are compared with. */
function similarityOf(name: string, option: WeightOption): Promise<number> {
  const key = `${name} ${option}`;
  const similarity = known.get(key) ?? measure(name, option);
  known.set(key, similarity);
  return similarity;
}

async function measure(name: string, option: WeightOption): Promise<number> {
  const { golden } = readModelCase(name);
  const encodingOf = chooseEncodings({ encoding: () => undefined }, option, 'f32');
  const compared = await verifyModelCase(golden, (graph, inputs, read) =>
    evaluateGraph(storeParametersAs(graph, encodingOf), inputs, read),
  );
  const errors = compared.filter((one) => results.has(one.name)).map(({ actual, expected }) => relativeError(actual, expected.data));
  expect(errors.length).toBeGreaterThan(0);
  return 1 - Math.max(...errors);
}

// Widths of these models do not divide by 256: the K blocks give way to int8 there, as they do while loading.
describe('results with encoded weights come near the reference', () => {
  for (const name of ['ltx_transformer', 't5_encoder']) {
    for (const option of weightOptions) {
      it(`${name} in ${option}`, { timeout: 60_000 }, async () => {
        const similarity = await similarityOf(name, option);
        console.info(`${name} in ${option}: ${(similarity * 100).toFixed(3)} % similar`);
        expect(similarity).toBeGreaterThanOrEqual(floors[option]);
        // An encoding that changes nothing would not be in use.
        if (option !== 'as-stored' && option !== 'plain') expect(similarity).toBeLessThan(await similarityOf(name, 'plain'));
      });
    }
  }

  // Some twenty convolutions of random weights one behind the other: errors add up as in no trained decoder.
  for (const name of ['ltx_vae_090', 'ltx_vae_091', 'ltx_vae_095']) {
    it(`${name} in int8`, { timeout: 60_000 }, async () => {
      const similarity = await similarityOf(name, 'int8');
      console.info(`${name} in int8: ${(similarity * 100).toFixed(3)} % similar`);
      expect(similarity).toBeGreaterThanOrEqual(floors.int8);
    });
  }
});
