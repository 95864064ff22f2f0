/** The work of a benchmark in the operations of a peer, so that every peer computes the same formulas. */
import { AiprodError } from '../../errors';
import { modulationRowCount, queryKeyNormEps, residualNormEps, type Work, type WorkData, type WorkOf, type WorkTensor } from '../work';

/** A peer's operations on its own tensors; broadcasting as in NumPy. */
export interface PeerMath<T> {
  /** a [m, k] times b [k, n], or [n, k] with `transposeB`. */
  matmul(a: T, b: T, transposeB: boolean): T;
  /** x [B, N, K] times weight [K, M] (already transposed from PyTorch's layout, outside of what is timed) plus bias [M]. */
  linear(x: T, weight: T, bias: T): T;
  /** q [B, N, H * D], k and v [B, M, H * D]. */
  attention(q: T, k: T, v: T, heads: number): T;
  /** 3 x 3 x 3, padding 1, in the peer's own layout. */
  conv3d(x: T, w: T): T;
  add(a: T, b: T): T;
  multiply(a: T, b: T): T;
  onePlus(x: T): T;
  /** x / sqrt(mean(x^2) + eps) over the last axis, times `weight` where there is one. */
  rmsNorm(x: T, eps: number, weight?: T): T;
  geluTanh(x: T): T;
  /** Pairs (2i, 2i + 1) of x [B, N, C] turned by cos and sin [1, N, C / 2]. */
  rope(x: T, cos: T, sin: T): T;
}

/** Where a peer keeps the channels of a video. */
export type VideoLayout = 'channels-last' | 'channels-first';

/** The result of a piece of work; `tensor` gives the inputs that {@link peerData} names. */
export function peerResult<T>(work: Work, math: PeerMath<T>, tensor: (name: string) => T): T {
  switch (work.op) {
    case 'matmul':
      return math.matmul(tensor('a'), tensor('b'), work.transposeB);
    case 'attention':
      return math.attention(tensor('q'), tensor('k'), tensor('v'), work.heads);
    case 'conv3d':
      return math.conv3d(tensor('x'), tensor('w'));
    case 'norm':
      return modulate(math, math.rmsNorm(tensor('x'), residualNormEps), tensor('scale'), tensor('shift'));
    case 'block':
      return peerBlock(work, math, tensor);
  }
}

/** x * (1 + scale) + shift. */
export function modulate<T>(math: PeerMath<T>, x: T, scale: T, shift: T): T {
  return math.add(math.multiply(x, math.onePlus(scale)), shift);
}

/** The LTX-Video block (HaCohen et al. 2024), as `ltxTransformerBlock` computes it without a text mask. */
export function peerBlock<T>({ heads }: Pick<WorkOf<'block'>, 'heads'>, math: PeerMath<T>, tensor: (name: string) => T): T {
  const linear = (name: string, x: T): T => math.linear(x, tensor(`${name}.weight`), tensor(`${name}.bias`));
  const normed = (name: string, x: T): T => math.rmsNorm(x, queryKeyNormEps, tensor(`${name}.weight`));
  const turned = (x: T): T => math.rope(x, tensor('cos'), tensor('sin'));
  const rows = Array.from({ length: modulationRowCount }, (_, row) =>
    math.add(tensor(`timestep.${row}`), tensor(`scale_shift_table.${row}`)),
  );
  const [shiftAttention, scaleAttention, gateAttention, shiftFeedForward, scaleFeedForward, gateFeedForward] = rows;

  const hidden = tensor('hidden');
  const x = modulate(math, math.rmsNorm(hidden, residualNormEps), scaleAttention, shiftAttention);
  const query = turned(normed('attn1.norm_q', linear('attn1.to_q', x)));
  const key = turned(normed('attn1.norm_k', linear('attn1.to_k', x)));
  const attended = linear('attn1.to_out.0', math.attention(query, key, linear('attn1.to_v', x), heads));
  const afterAttention = math.add(hidden, math.multiply(attended, gateAttention));

  const text = tensor('text');
  const textQuery = normed('attn2.norm_q', linear('attn2.to_q', afterAttention));
  const textKey = normed('attn2.norm_k', linear('attn2.to_k', text));
  const fromText = linear('attn2.to_out.0', math.attention(textQuery, textKey, linear('attn2.to_v', text), heads));
  const afterText = math.add(afterAttention, fromText);

  const y = modulate(math, math.rmsNorm(afterText, residualNormEps), scaleFeedForward, shiftFeedForward);
  const fed = linear('ff.net.2', math.geluTanh(linear('ff.net.0.proj', y)));
  return math.add(afterText, math.multiply(fed, gateFeedForward));
}

/** The data of a piece of work as a peer wants it: weights of dense layers [K, N], heads folded into channels, its video layout. */
export function peerData(work: Work, data: WorkData, layout: VideoLayout): Map<string, WorkTensor> {
  const result = new Map<string, WorkTensor>();
  for (const [name, { shape, data: values }] of data) {
    if (work.op === 'attention') {
      result.set(name, { shape: [shape[0], shape[1], shape[2] * shape[3]], data: values });
    } else if (work.op === 'conv3d' && layout === 'channels-first') {
      result.set(
        name,
        name === 'x' ? permuted({ shape, data: values }, [0, 4, 1, 2, 3]) : permuted({ shape, data: values }, [4, 3, 0, 1, 2]),
      );
    } else if (work.op === 'block' && name === 'scale_shift_table') {
      const [rows, channels] = shape;
      for (let row = 0; row < rows; row++) {
        result.set(`${name}.${row}`, { shape: [1, 1, channels], data: values.slice(row * channels, (row + 1) * channels) });
      }
    } else if (work.op === 'block' && name.endsWith('.weight') && shape.length === 2) {
      result.set(name, permuted({ shape, data: values }, [1, 0]));
    } else {
      result.set(name, { shape, data: values });
    }
  }
  return result;
}

/** A peer's result in the layout that `Work` describes. */
export function fromPeerLayout(work: Work, values: Float32Array, layout: VideoLayout): Float32Array {
  if (work.op !== 'conv3d' || layout === 'channels-last') return values;
  return permuted({ shape: [1, work.outChannels, work.frames, work.height, work.width], data: values }, [0, 2, 3, 4, 1]).data;
}

/** Reorders axes: axis k of the result is axis `axes[k]` of the tensor. */
export function permuted({ shape, data }: WorkTensor, axes: readonly number[]): WorkTensor {
  const sizes = axes.map((axis) => shape[axis]);
  const strides = axes.map((axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const result = new Float32Array(data.length);
  const index = new Array<number>(axes.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from];
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < sizes[axis]) break;
      from -= strides[axis] * sizes[axis];
      index[axis] = 0;
    }
  }
  return { shape: sizes, data: result };
}

/** Loads a peer's package, which only development has. */
export async function loadPeer<T>(packages: readonly string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new AiprodError(
      'missing-feature',
      `the peer ${packages[0]} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      { hint: `Peers are development dependencies: run npm install --save-dev ${packages.join(' ')}, or leave out --peers` },
      { cause },
    );
  }
}
