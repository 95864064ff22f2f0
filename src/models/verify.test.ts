import { describe, expect, test } from 'vitest';
import { AiprodError } from '../errors';
import { evaluateGraph } from '../graph';
import { relativeError, readModelCase } from './testing/golden';
import { adapterCases, argumentCases, nameCases, verifiedCases } from './testing/cases';
import { verifiesModelCase, verifyModelCase } from './verify';

describe("the reference's models on the CPU", () => {
  test.each([...verifiedCases, ...argumentCases])('%s', { timeout: 300_000 }, async (name) => {
    const { golden, tolerance } = readModelCase(name);
    expect(verifiesModelCase(golden)).toBe(true);
    const comparisons = await verifyModelCase(golden, evaluateGraph);
    expect(comparisons.map(({ name: output }) => output)).toEqual([...golden.outputs.keys()]);
    for (const { name: output, actual, expected } of comparisons) {
      expect(relativeError(actual, expected.data), output).toBeLessThan(tolerance.f32);
    }
  });
});

test.each([
  ['ltx2_vocoder', 'sample'],
  ['ltx2_vocoder_bwe', 'sample'],
  ['ltx2_audio_vae', 'decoded'],
])('sound of %s is 60 dB or more above its difference from the reference', async (name, output) => {
  const { golden } = readModelCase(name);
  const comparison = (await verifyModelCase(golden, evaluateGraph)).find((candidate) => candidate.name === output);
  if (comparison === undefined) throw new Error(`no ${output}`);
  expect(-20 * Math.log10(relativeError(comparison.actual, comparison.expected.data))).toBeGreaterThan(60);
});

test.each(adapterCases)('adapters fused and live, under every kind of names: %s', async (name) => {
  const { golden, tolerance } = readModelCase(name);
  const comparisons = await verifyModelCase(golden, evaluateGraph);
  const files = name === 'lora_alpha' ? ['lora_kohya.safetensors'] : ['lora_comfy.safetensors', 'lora_peft.safetensors'];
  const predictions = ['', ' (live)', ...files.flatMap((file) => [` (${file})`, ` (${file}, live)`])].map((label) => `sample${label}`);
  expect(comparisons.map((comparison) => comparison.name).filter((output) => output.startsWith('sample'))).toEqual(predictions);
  expect(comparisons.length).toBe((golden.outputs.size + 1) * (files.length + 1));
  for (const { name: output, actual, expected } of comparisons) {
    expect(relativeError(actual, expected.data), output).toBeLessThan(tolerance.f32);
  }
});

test.each(nameCases)('official names: %s', async (name) => {
  const { golden } = readModelCase(name);
  const comparisons = await verifyModelCase(golden, evaluateGraph);
  expect(comparisons.length).toBeGreaterThan(60);
  for (const { name: output, actual, expected } of comparisons) expect(relativeError(actual, expected.data), output).toBeLessThan(1e-12);
});

test('a recipe that is not of this family is refused in words', async () => {
  const { golden } = readModelCase('t5_encoder_nomask');
  const other = { ...golden, recipe: 'gemma3_text' };
  expect(verifiesModelCase(other)).toBe(false);
  await expect(verifyModelCase(other, evaluateGraph)).rejects.toThrow(AiprodError);
});
