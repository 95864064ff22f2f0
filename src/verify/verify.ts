import { z } from 'zod';
import { AiprodError } from '../errors';
import { sha256 } from '../numeric/sha256';
import type { Comparison } from '../golden';
import { diffusionRecipes } from '../diffusion';
import { verifiesMetricCase, verifyMetricCase } from '../metrics';
import { verifiesModelCase, verifyModelCase, type GraphRunner } from '../models';
import { verifiesPipelineCase, verifyPipelineCase } from '../pipelines';
import { verifiesTrainingCase, verifyTrainingCase } from '../training';
import { encodePrompt, jsonTokenizer } from '../text';
import { storageRecipes } from '../weights';
import { checkTensor, type TensorCheck } from './compare';
import type { OpenedCase } from './golden-folder';
import { buildOperationCase } from './operation-cases';

/** How to check a case. */
export interface VerifyOptions {
  /** Storage type of weights and activations; decides which of the case's tolerances holds. */
  readonly dtype: 'f32' | 'f16';
  readonly run: GraphRunner;
}

/**
 * Computes everything a reference case holds and compares it within the tolerance the case states.
 *
 * @throws AiprodError `unsupported-model` for a recipe that this version does not know.
 */
export async function verifyCase(opened: OpenedCase, options: VerifyOptions): Promise<TensorCheck[]> {
  const comparisons = await compute(opened, options);
  // What is computed on the CPU in f32 either way still only has to meet the tolerance of the type that was asked for.
  return comparisons.map((comparison) => checkTensor(comparison, opened.tolerance[options.dtype]));
}

async function compute(opened: OpenedCase, { run, dtype }: VerifyOptions): Promise<Comparison[]> {
  const { golden } = opened;
  if (golden.recipe in diffusionRecipes) return diffusionRecipes[golden.recipe](golden);
  if (golden.recipe in storageRecipes) return storageRecipes[golden.recipe](golden);
  if (golden.recipe === 'ops') return verifyOperations(opened, { run, dtype });
  if (verifiesMetricCase(golden)) return verifyMetricCase(golden);
  if (golden.recipe === 'tokenizer_ids') return verifyTokenizer(opened);
  if (verifiesModelCase(golden)) return await verifyModelCase(golden, run, { dtype });
  if (verifiesTrainingCase(golden)) return await verifyTrainingCase(golden, run, { dtype });
  if (verifiesPipelineCase(golden)) return await verifyPipelineCase(golden, run, { dtype });
  throw new AiprodError('unsupported-model', 'this version has no recipe for the reference case', {
    where: golden.name,
    found: `${golden.recipe} of ${Object.values(golden.classes ?? {}).join(', ')}`,
    hint: 'docs/architecture.md lists what is implemented',
  });
}

async function verifyOperations({ golden }: OpenedCase, { run, dtype }: VerifyOptions): Promise<Comparison[]> {
  const inputs = new Map(
    [...golden.inputs].map(([name, { shape, data }]) => {
      if (!(data instanceof Float32Array)) throw new AiprodError('bad-input', `input ${name} is not float32`, { where: golden.name });
      return [name, { dtype: 'f32' as const, shape, data }] as const;
    }),
  );
  const built = buildOperationCase({ params: golden.params, inputs }, dtype);
  const results = await run(built.graph, built.inputs, () => new Float32Array());
  return [...golden.outputs].map(([name, expected]) => {
    const data = results.get(name)?.data;
    if (!(data instanceof Float32Array)) throw new AiprodError('internal', `the graph of ${golden.name} has no output ${name}`);
    return { name, actual: data, expected };
  });
}

const tokenizerParams = z.object({ prompts: z.array(z.string()), tokenizer_sha256: z.string().optional() });

/** More tokens than any prompt of a case has. */
const longestPrompt = 4096;

/** @throws AiprodError 'bad-input' when the text is not the one that the case was made with. */
async function requireDigest(text: string, expected: string, where: string): Promise<void> {
  const found = await sha256(text);
  if (found === expected) return;
  throw new AiprodError('bad-input', 'this is not the tokenizer that the case was made with', {
    where,
    expected: `a tokenizer.json with sha256 ${expected}`,
    found,
  });
}

/** Ids of every prompt, as the tokenizer.json beside the case gives them. */
async function verifyTokenizer({ golden, readText }: OpenedCase): Promise<Comparison[]> {
  const text = await readText('tokenizer.json');
  if (text === undefined) {
    throw new AiprodError('unsupported-model', 'the case names a tokenizer that it does not hold', {
      where: golden.name,
      expected: 'tokenizer.json in the folder',
      hint: 'Put the tokenizer.json that the notes of the case name there, or name it in GOLDEN_TOKENIZER_T5 or GOLDEN_TOKENIZER_GEMMA3',
    });
  }
  const { prompts, tokenizer_sha256 } = tokenizerParams.parse(golden.params);
  if (tokenizer_sha256 !== undefined) await requireDigest(text, tokenizer_sha256, golden.name);
  const tokenizer = jsonTokenizer(JSON.parse(text), {});
  return prompts.flatMap((prompt, index): Comparison[] => {
    const expected = golden.outputs.get(`ids.${index}`);
    if (expected === undefined) return [];
    const { ids, tokenCount } = encodePrompt(tokenizer, prompt, longestPrompt, 'right');
    const actual = Float64Array.from(ids.subarray(0, tokenCount));
    return [{ name: `ids.${index}`, actual, expected }];
  });
}
