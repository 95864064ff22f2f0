import { AiprodError } from '../../../src/errors';
import { parameterShapes } from '../../../src/models';
import type { Graph } from '../../../src/graph';
import { randomNormal } from '../../../src/numeric/random';

/** Tables of T5's relative positions stay as they begin: attention's biases have no gradient here. */
export const positionTable = 'relative_attention_bias.weight';

/** What the position tables of four heads add to the scores: nothing, less with distance, the word before, the word behind. */
function positionScore(head: number, ahead: boolean, distance: number): number {
  switch (head % 4) {
    case 1:
      return -0.5 * distance;
    case 2:
      return !ahead && distance === 1 ? 2 : 0;
    case 3:
      return ahead && distance === 1 ? 2 : 0;
    default:
      return 0;
  }
}

function positionTableOf([buckets, heads]: readonly number[]): Float32Array {
  const half = buckets / 2;
  return Float32Array.from({ length: buckets * heads }, (_, k) => {
    const bucket = Math.floor(k / heads);
    return positionScore(k % heads, bucket >= half, bucket % half);
  });
}

/** One number for every name, so that every weight has a stream of its own. */
function streamOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let k = 0; k < name.length; k++) hash = Math.imul(hash ^ name.charCodeAt(k), 0x01000193) >>> 0;
  return hash;
}

/**
 * Standard deviation of a weight before training; 0 for what begins at zero. Branches beside a residual stream begin as nothing, so that
 * depth costs no signal; matrices keep the size of what passes (Glorot and Bengio 2010); T5's are those of its paper's initialisation.
 */
function deviationOf(name: string, shape: readonly number[]): number {
  const fan = shape.slice(1).reduce((product, size) => product * size, 1);
  if (shape.length === 1 || /\.conv2\.conv\.weight$|(^|\.)proj_out\.weight$|scale_shift_table$/.test(name)) return 0;
  if (/time_embed\./.test(name)) return 0.02;
  if (/shared\.weight$/.test(name)) return 1;
  if (/SelfAttention\.q\.weight$/.test(name)) return 1 / Math.sqrt(shape[1] * (shape[0] / 4));
  if (/SelfAttention\.[kvo]\.weight$|DenseReluDense\.\w+\.weight$/.test(name)) return 1 / Math.sqrt(shape[1]);
  return shape.length === 5 ? 1 / Math.sqrt(3 * fan) : Math.sqrt(2 / (shape[0] + shape[1]));
}

/** Weights that a training begins with, a pure function of the seed and the weight's name. */
export function initialWeight(name: string, shape: readonly number[], seed: number): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (name.endsWith(positionTable)) return positionTableOf(shape);
  if (/norm\w*\.weight$/.test(name)) return new Float32Array(count).fill(1);
  const deviation = deviationOf(name, shape);
  const values = deviation === 0 ? new Float32Array(count) : randomNormal(seed, streamOf(name), count).map((value) => deviation * value);
  // Rows shift, scale and gate of attention and of the feed-forward layer: open gates.
  if (/transformer_blocks\.\d+\.scale_shift_table$/.test(name))
    for (const row of [2, 5]) values.fill(1, row * shape[1], (row + 1) * shape[1]);
  return values;
}

/** A reader of initial weights for a graph. */
export function initialWeights(graph: Graph, seed: number): (name: string) => Float32Array {
  const shapes = parameterShapes(graph);
  return (name) => {
    const shape = shapes.get(name);
    if (shape === undefined) throw new AiprodError('internal', `the graph has no parameter ${name}`);
    return initialWeight(name, shape, seed);
  };
}
