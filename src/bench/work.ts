import { ltxGridFractions, ltxRotaryTable } from '../numeric/rotary-tables';
import { randomNormal } from '../numeric/random';

/** A piece of work as mathematics, which every contender does in its own way. */
export type Work =
  /** a [m, k] times b [k, n], or b [n, k] with `transposeB`. */
  | { readonly op: 'matmul'; readonly m: number; readonly k: number; readonly n: number; readonly transposeB: boolean }
  /** softmax(q k^T / sqrt(headDim)) v by heads; q [1, queries, heads, headDim], k and v [1, keys, heads, headDim]. */
  | { readonly op: 'attention'; readonly queries: number; readonly keys: number; readonly heads: number; readonly headDim: number }
  /** 3 x 3 x 3, stride 1, zero padding 1; x [1, frames, height, width, inChannels], w [3, 3, 3, inChannels, outChannels]. */
  | {
      readonly op: 'conv3d';
      readonly frames: number;
      readonly height: number;
      readonly width: number;
      readonly inChannels: number;
      readonly outChannels: number;
    }
  /** rms_norm(x) * (1 + scale) + shift; x [1, rows, channels], scale and shift [1, 1, channels]. */
  | { readonly op: 'norm'; readonly rows: number; readonly channels: number }
  /** A whole LTX-Video transformer block with text of `textTokens` tokens; its feed-forward layer is 4 times as wide as it is. */
  | { readonly op: 'block'; readonly tokens: number; readonly textTokens: number; readonly heads: number; readonly headDim: number };

export type WorkOf<Op extends Work['op']> = Extract<Work, { readonly op: Op }>;

export interface WorkTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Everything a piece of work reads, by name. */
export type WorkData = ReadonlyMap<string, WorkTensor>;

/** Epsilon of the norms over the residual stream, and of those on queries and keys, as in the model. */
export const residualNormEps = 1e-6;
export const queryKeyNormEps = 1e-5;

/** Rows of an LTX block's modulation. */
export const modulationRowCount = 6;

/** Floating-point operations; a multiplication and an addition are two. */
export function flopsOf(work: Work): number {
  switch (work.op) {
    case 'matmul':
      return 2 * work.m * work.k * work.n;
    case 'attention':
      return 4 * work.queries * work.keys * work.heads * work.headDim;
    case 'conv3d':
      return 2 * 27 * work.frames * work.height * work.width * work.inChannels * work.outChannels;
    case 'norm':
      return 6 * work.rows * work.channels;
    case 'block': {
      const { tokens, textTokens, heads, headDim } = work;
      const width = heads * headDim;
      // Self-attention has four projections of the tokens, cross-attention two of the tokens and two of the text.
      const projections = 2 * width * width * (6 * tokens + 2 * textTokens);
      return projections + 4 * tokens * (tokens + textTokens) * width + 2 * 2 * tokens * width * 4 * width;
    }
  }
}

/** Reproducible data for a piece of work. */
export function workData(work: Work): WorkData {
  const data = new Map<string, WorkTensor>();
  /** Normal numbers of a standard deviation. */
  const normal = (name: string, shape: readonly number[], deviation = 1): void => {
    const values = randomNormal(
      1,
      data.size,
      shape.reduce((product, size) => product * size, 1),
    );
    data.set(name, { shape, data: deviation === 1 ? values : values.map((value) => value * deviation) });
  };
  switch (work.op) {
    case 'matmul':
      normal('a', [work.m, work.k]);
      normal('b', work.transposeB ? [work.n, work.k] : [work.k, work.n]);
      break;
    case 'attention':
      normal('q', [1, work.queries, work.heads, work.headDim]);
      normal('k', [1, work.keys, work.heads, work.headDim]);
      normal('v', [1, work.keys, work.heads, work.headDim]);
      break;
    case 'conv3d':
      normal('x', [1, work.frames, work.height, work.width, work.inChannels]);
      normal('w', [3, 3, 3, work.inChannels, work.outChannels], 1 / Math.sqrt(27 * work.inChannels));
      break;
    case 'norm':
      normal('x', [1, work.rows, work.channels]);
      normal('scale', [1, 1, work.channels]);
      normal('shift', [1, 1, work.channels]);
      break;
    case 'block':
      blockData(work, normal, data);
      break;
  }
  return data;
}

function blockData(
  { tokens, textTokens, heads, headDim }: WorkOf<'block'>,
  normal: (name: string, shape: readonly number[], deviation?: number) => void,
  data: Map<string, WorkTensor>,
): void {
  const width = heads * headDim;
  normal('hidden', [1, tokens, width]);
  normal('text', [1, textTokens, width]);
  for (let row = 0; row < modulationRowCount; row++) normal(`timestep.${row}`, [1, 1, width], 0.5);
  const { cos, sin, shape } = ltxRotaryTable(ltxGridFractions([1, 1, tokens], undefined, [1, 1, 1]), width);
  data.set('cos', { shape: [1, ...shape], data: cos });
  data.set('sin', { shape: [1, ...shape], data: sin });
  const linear = (name: string, outFeatures: number, inFeatures: number): void => {
    normal(`${name}.weight`, [outFeatures, inFeatures], 1 / Math.sqrt(inFeatures));
    normal(`${name}.bias`, [outFeatures], 0.1);
  };
  normal('scale_shift_table', [modulationRowCount, width], 0.5);
  for (const attention of ['attn1', 'attn2']) {
    for (const layer of ['to_q', 'to_k', 'to_v', 'to_out.0']) linear(`${attention}.${layer}`, width, width);
    for (const norm of ['norm_q', 'norm_k']) normal(`${attention}.${norm}.weight`, [width]);
  }
  linear('ff.net.0.proj', 4 * width, width);
  linear('ff.net.2', width, 4 * width);
}
