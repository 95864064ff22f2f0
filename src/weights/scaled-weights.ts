import { AiprodError } from '../errors';
import { groupSizes, type EncodedTensor, type Encoding, type GroupSize } from '../numeric/quantized';
import { encodingOfDtype, type TensorDtype } from './dtypes';
import type { TensorEntry } from './safetensors-header';
import { shorten } from './strict-json';
import { toFloat32, type TensorData } from './tensor-data';

/**
 * Weights whose scales are tensors of their own in the same file:
 * - `X.scale_weight` (ComfyUI's scaled fp8, marked by a tensor `scaled_fp8`, later by `X.comfy_quant`) or `X.weight_scale` (others, and `models pack`) beside
 *   `X.weight`: one factor, or one per output channel;
 * - for int4, `NAME` holds two codes a byte, `NAME_scale` [rows, groups] and perhaps `NAME_zero` their factors and zero points.
 * Scales of activations (`X.scale_input`, `X.input_scale`) are left alone, since activations are not quantised here.
 */
export interface ScaledWeights {
  readonly weights: ReadonlyMap<string, ScaledWeight>;
  /** Names that are no weights: scales, zero points, markers. */
  readonly beside: ReadonlySet<string>;
  readonly unusedInputScales: number;
}

export interface ScaledWeight {
  readonly name: string;
  readonly encoding: Encoding;
  /** Of the values. */
  readonly shape: readonly number[];
  /** Name of the scale's tensor. */
  readonly scale: string;
  /** Name of the zero points' tensor; int4 only. */
  readonly zero?: string;
  /** int4 only. */
  readonly groupSize?: GroupSize;
}

type Tensors = ReadonlyMap<string, Pick<TensorEntry, 'dtype' | 'shape'>>;

const MARKERS = new Set(['scaled_fp8']);

/**
 * Finds them by their names.
 * @throws AiprodError 'bad-weights' when a scale does not fit its weight.
 */
export function findScaledWeights(tensors: Tensors, where: string): ScaledWeights {
  const weights = new Map<string, ScaledWeight>();
  const beside = new Set<string>();
  let unusedInputScales = 0;
  for (const name of tensors.keys()) {
    const last = name.slice(name.lastIndexOf('.') + 1);
    const path = name.slice(0, name.length - last.length);
    if (MARKERS.has(last) || (last === 'comfy_quant' && tensors.has(`${path}weight`))) {
      beside.add(name);
    } else if ((last === 'scale_input' || last === 'input_scale') && tensors.has(`${path}weight`)) {
      beside.add(name);
      unusedInputScales++;
    } else {
      const target = last === 'scale_weight' ? `${path}weight` : last.endsWith('_scale') ? name.slice(0, -'_scale'.length) : undefined;
      if (target === undefined || !tensors.has(target)) continue;
      const weight = scaledWeight(target, name, tensors, where, last === 'scale_weight' || last === 'weight_scale');
      if (weight === undefined) continue;
      if (weights.has(target))
        throw new AiprodError('bad-weights', `${shorten(target)} has two scales`, {
          where,
          found: `${weights.get(target)?.scale ?? ''} and ${name}`,
        });
      weights.set(target, weight);
      beside.add(name);
      if (weight.zero !== undefined) beside.add(weight.zero);
    }
  }
  return { weights, beside, unusedInputScales };
}

/** Encodings by the type of the codes; floats take a scale too where its name says so. */
function encodingOfCodes(dtype: TensorDtype): Encoding | undefined {
  if (dtype === 'I8') return 'int8';
  if (dtype === 'U8') return 'int4';
  return encodingOfDtype(dtype);
}

/** @param isNamed whether the scale's name can mean nothing else; names such as `gate_scale` may be parameters of a model */
function scaledWeight(name: string, scale: string, tensors: Tensors, where: string, isNamed: boolean): ScaledWeight | undefined {
  const codes = tensors.get(name);
  const scaleShape = tensors.get(scale)?.shape ?? [];
  if (codes === undefined) return undefined;
  const encoding = encodingOfCodes(codes.dtype);
  const isCodes = codes.dtype === 'I8' || codes.dtype === 'U8' || encoding === 'fp8_e4m3' || encoding === 'fp8_e5m2';
  if (encoding === undefined || !isCodes) {
    if (!isNamed) return undefined;
    throw misfit(name, where, 'codes in F8_E4M3, F8_E5M2, I8 or U8 beside a scale', `${codes.dtype} with ${shorten(scale)}`);
  }
  const rows = codes.shape[0] ?? 1;
  const factors = product(scaleShape);
  if (encoding === 'int4') {
    const inner = (codes.shape[1] ?? 0) * 2;
    const groupSize = groupSizes.find((size) => scaleShape.length === 2 && scaleShape[0] === rows && scaleShape[1] * size === inner);
    if (codes.shape.length !== 2 || groupSize === undefined) {
      throw misfit(
        name,
        where,
        `codes [rows, columns / 2] and scales [rows, columns / ${groupSizes.join(' or ')}]`,
        `[${codes.shape.join(', ')}] and [${scaleShape.join(', ')}]`,
      );
    }
    const zero = `${name}_zero`;
    const zeroShape = tensors.get(zero)?.shape;
    if (zeroShape !== undefined && zeroShape.join() !== scaleShape.join()) {
      throw misfit(name, where, `zero points [${scaleShape.join(', ')}]`, `[${zeroShape.join(', ')}]`);
    }
    return { name, encoding, shape: [rows, inner], scale, groupSize, ...(zeroShape === undefined ? {} : { zero }) };
  }
  // One per row stands in the first axis; every other axis of the scale is 1.
  const isPerRow = scaleShape[0] === rows && factors === rows;
  if (factors === 1 || isPerRow) return { name, encoding, shape: codes.shape, scale };
  throw misfit(name, where, `one scale or ${rows}, one per row`, `scales [${scaleShape.join(', ')}]`);
}

/** Reads codes and factors. */
export async function readScaledWeight(
  { name, encoding, shape, scale, zero }: ScaledWeight,
  { readTensor }: { readTensor(name: string): Promise<TensorData> },
): Promise<EncodedTensor> {
  const { bytes } = await readTensor(name);
  const factors = new Float32Array(toFloat32(await readTensor(scale)));
  // int8 has a scale per row everywhere else; one for the tensor is the same for every row.
  const scales = encoding === 'int8' && factors.length === 1 ? new Float32Array(shape[0] ?? 1).fill(factors[0]) : factors;
  if (zero === undefined) return { encoding, shape, bytes, scales };
  return { encoding, shape, bytes, scales, zeros: new Float32Array(toFloat32(await readTensor(zero))) };
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, length) => all * length, 1);
}

function misfit(name: string, where: string, expected: string, found: string): AiprodError {
  return new AiprodError('bad-weights', `the scales of ${shorten(name)} do not fit it`, {
    where,
    expected,
    found,
    hint: 'Use the bf16 file of this model, or one quantised with a scale per tensor or per row',
  });
}
