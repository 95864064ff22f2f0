import { z } from 'zod';
import { AiprodError } from '../errors';
import { compareOutputs, type Comparison } from '../golden';
import {
  LTX2_AUDIO_VAE_NAMES,
  LTX2_TRANSFORMER_NAMES,
  LTX_TRANSFORMER_NAMES,
  ltxVaeNames,
  ltxVaeVersion,
  renamedNames,
  type RenameRules,
} from '../weights';
import { caseParams, type ModelCase, type WeightReader } from './verify-case';

/** Rules for the official names of a case's model. */
async function rulesFor(golden: ModelCase, weights: WeightReader): Promise<RenameRules> {
  if (golden.classes.original?.endsWith('LTXVideoTransformer3DModel')) return LTX_TRANSFORMER_NAMES;
  if (golden.classes.original?.endsWith('LTX2VideoTransformer3DModel')) return LTX2_TRANSFORMER_NAMES;
  if (golden.classes.original?.endsWith('AutoencoderKLLTX2Audio')) return LTX2_AUDIO_VAE_NAMES;
  const shapes = new Map(weights.names.map((name) => [name, weights.shape(name)]));
  const version = ltxVaeVersion(shapes);
  if (version !== undefined) return ltxVaeNames(version);
  throw new AiprodError('unsupported-model', 'the names are those of no LTX-Video model', { where: golden.name });
}

/**
 * Recipe `key_map`: the official names of a checkpoint become those of the reference class. Beside the case's own count and sum
 * of magnitudes, every renamed tensor is compared with the reference's of that name.
 */
export async function verifyNames(golden: ModelCase): Promise<Comparison[]> {
  const { map } = caseParams(golden, z.object({ map: z.record(z.string(), z.string()) }));
  const original = await golden.openWeights('original');
  const converted = await golden.openWeights('converted');
  const renamed = renamedNames(original.names, await rulesFor(golden, original), golden.name);
  for (const [official, name] of Object.entries(map)) {
    if (renamed.get(name) === official) continue;
    throw new AiprodError('check-failed', `${official} does not become ${name}`, {
      where: golden.name,
      found: renamed.get(name) ?? 'nothing of that name',
    });
  }
  let magnitudes = 0;
  const tensors: Comparison[] = [];
  for (const [name, official] of renamed) {
    const actual = await original.read(official);
    for (const value of actual) magnitudes += Math.abs(value);
    const expected = await converted.read(name);
    tensors.push({ name, actual, expected: { dtype: 'float32', shape: [...converted.shape(name)], data: expected } });
  }
  const sums = new Map([
    ['count', Float64Array.of(renamed.size)],
    ['checksum', Float64Array.of(magnitudes)],
  ]);
  return [...compareOutputs(golden, sums), ...tensors];
}
