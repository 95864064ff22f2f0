import { AiprodError } from '../errors';
import { isDecodedEncoding, rowMultiple, type EncodingChoice, type EncodingOf, type ParameterReader, type ParameterUse } from '../graph';
import type { EncodedTensor, Encoding } from '../numeric/quantized';
import { assertFiniteCodes } from './finite-codes';
import type { ParameterSource } from './parameters';
import { weightOptions, type WeightOption } from './weight-options';

/**
 * The encoding of each weight of a component, for `storeParametersAs`.
 *
 * `as-stored`: what the file has, where kernels decode it; blocks and int4 only in dense layers, since a convolution's are cut
 * across its taps. Otherwise dense layers and convolutions in the option's encoding by `quantisedChoice`; tables stay plain except
 * in 16-bit floats.
 * @param dtype type of the graph's arithmetic; f16 weights of an f16 graph are plain.
 */
export function chooseEncodings(source: Pick<ParameterSource, 'encoding'>, option: WeightOption, dtype: 'f32' | 'f16'): EncodingOf {
  if (option === 'plain') return () => undefined;
  const isPlain = (choice: EncodingChoice): boolean => choice.encoding === 'f16' && dtype === 'f16';
  if (option !== 'as-stored') {
    return ({ name }, use) => {
      const choice = quantisedChoice({ encoding: option }, { name, stored: source.encoding(name)?.encoding }, use);
      return choice === undefined || isPlain(choice) ? undefined : choice;
    };
  }
  return ({ name, storedShape }) => {
    const stored = source.encoding(name);
    if (stored === undefined || !isDecodedEncoding(stored.encoding)) return undefined;
    const choice: EncodingChoice = { ...stored, encoding: stored.encoding };
    if (isPlain(choice) || (storedShape.length > 2 && rowMultiple(choice) > 1)) return undefined;
    return choice;
  };
}

/**
 * First and last layers, by a part of their names: what enters and leaves a model passes through them alone, so that their error
 * reaches every value. One of a numbered block (`up_blocks.1.conv_in`) is none.
 */
const edgeLayers = new Set([
  'conv_in',
  'conv_out',
  'proj_in',
  'proj_out',
  'audio_proj_in',
  'audio_proj_out',
  'patchify_proj',
  'audio_patchify_proj',
  'initial_conv',
  'final_conv',
]);

/** Rows shorter than this stay in 16 bits: they are shorter than any block, and their factors take what the codes would save. */
const shortestQuantisedRow = 32;

function isSixteenBits(encoding: Encoding | undefined): encoding is 'f16' | 'bf16' {
  return encoding === 'f16' || encoding === 'bf16';
}

/**
 * The encoding a weight is quantised to when `wanted` was asked for; undefined leaves it alone.
 *
 * First and last layers and rows of fewer than 32 inputs keep 16 bits, the file's own where it has them, else f16. A convolution,
 * or a row that holds no whole blocks, takes int8 in place of int4 and blocks.
 */
export function quantisedChoice(
  wanted: EncodingChoice,
  { name, stored }: { readonly name: string; readonly stored: Encoding | undefined },
  { operation, inner }: ParameterUse,
): EncodingChoice | undefined {
  if (isSixteenBits(wanted.encoding)) return wanted;
  if (operation === 'gatherRows') return undefined;
  if (isEdgeLayer(name) || inner < shortestQuantisedRow) return { encoding: isSixteenBits(stored) ? stored : 'f16' };
  const fits = inner % rowMultiple(wanted) === 0 && (operation !== 'convolution' || rowMultiple(wanted) === 1);
  return fits ? wanted : { encoding: 'int8' };
}

function isEdgeLayer(name: string): boolean {
  const parts = name.split('.');
  return parts.some((part) => edgeLayers.has(part)) && !parts.some((part) => /^\d+$/.test(part));
}

/** Reads a source's weights for programs: in f32, or encoded as they are stored. Refuses values that are not finite in both. */
export function parameterReader(source: ParameterSource): ParameterReader {
  return Object.assign((name: string) => source.load(name), {
    rows: (name: string, rows: readonly number[]) => source.loadRows(name, rows),
    async stored(name: string): Promise<EncodedTensor | undefined> {
      const tensor = await source.stored(name);
      if (tensor === undefined || !isDecodedEncoding(tensor.encoding)) return undefined;
      assertFiniteCodes(name, tensor, source.name);
      return tensor;
    },
  });
}

/** @throws AiprodError 'bad-usage' for a name that is no option. */
export function parseWeightOption(text: string): WeightOption {
  const option = weightOptions.find((name) => name === text);
  if (option !== undefined) return option;
  throw new AiprodError('bad-usage', 'weights cannot be kept so', { expected: weightOptions.join(', '), found: text });
}
