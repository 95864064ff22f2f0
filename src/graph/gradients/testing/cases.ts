/** For tests: operations whose gradients are checked, by finite differences and on the GPU. */
import {
  absolute,
  add,
  broadcastTo,
  cast,
  concat,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  cos,
  divide,
  exp,
  gatherRows,
  geluErf,
  geluTanh,
  groupNorm,
  layerNorm,
  leakyRelu,
  less,
  linear,
  log,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  multiply,
  negate,
  pad,
  permute,
  power,
  resample,
  reshape,
  rmsNorm,
  rope,
  rsqrt,
  sigmoid,
  silu,
  sin,
  slice,
  softmax,
  sqrt,
  square,
  subtract,
  sum,
  sumOfSquares,
  tanh,
  where,
  attention,
  type Tensor,
  type Tracer,
} from '../..';

/** Declares an input whose gradient is checked; values are those of `testValues`, or what `of` makes of them. */
export type MakeInput = (shape: readonly number[], of?: (value: number) => number) => Tensor;

export interface GradientCase {
  readonly name: string;
  readonly build: (input: MakeInput, tracer: Tracer) => Tensor;
}

const positive = (value: number): number => Math.abs(value) + 0.5;
const around = [1, 1] as const;

function angles(tracer: Tracer, shape: readonly number[], table: (angle: number) => number): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return tracer.constant(
    Float32Array.from({ length: count }, (_, k) => table(k * 0.7)),
    shape,
  );
}

const elementwise: readonly GradientCase[] = [
  { name: 'exp', build: (input) => exp(input([5])) },
  { name: 'log', build: (input) => log(input([5], positive)) },
  { name: 'sqrt', build: (input) => sqrt(input([5], positive)) },
  { name: 'rsqrt', build: (input) => rsqrt(input([5], positive)) },
  { name: 'sin and cos', build: (input) => multiply(sin(input([5])), cos(input([5]))) },
  { name: 'tanh', build: (input) => tanh(input([5])) },
  { name: 'sigmoid', build: (input) => sigmoid(input([5])) },
  { name: 'silu', build: (input) => silu(input([5])) },
  { name: 'gelu by tanh', build: (input) => geluTanh(input([6])) },
  { name: 'gelu by erf', build: (input) => geluErf(input([6])) },
  { name: 'leaky relu', build: (input) => leakyRelu(input([6]), 0.1) },
  { name: 'absolute, negate, square', build: (input) => add(absolute(input([5])), negate(square(input([5])))) },
  { name: 'minimum and maximum', build: (input) => subtract(minimum(input([6]), input([6])), maximum(input([6]), input([6]))) },
  {
    name: 'power by a number and by a value',
    build: (input) => add(power(input([5], positive), 3), power(input([5], positive), input([5]))),
  },
  { name: 'division with broadcasting', build: (input) => divide(input([2, 1, 3]), input([4, 1], positive)) },
  { name: 'choice by a comparison', build: (input) => where(less(input([6]), 0.2), multiply(input([6]), 3), input([1])) },
  { name: 'a value read twice', build: (input) => twice(input([4, 3])) },
];

function twice(x: Tensor): Tensor {
  const y = multiply(x, x);
  return add(multiply(y, sum(y, [0], { keepDims: true })), x);
}

const shapes: readonly GradientCase[] = [
  { name: 'reshape and permute', build: (input) => permute(reshape(input([2, 3, 4]), [6, 2, 2]), [2, 0, 1]) },
  { name: 'broadcastTo', build: (input) => broadcastTo(input([3, 1, 2]), [2, 3, 4, 2]) },
  { name: 'slice', build: (input) => slice(input([3, 5, 2]), 1, 1, 3) },
  { name: 'slices of one value', build: (input) => slices(input([4, 6])) },
  { name: 'concat', build: (input) => concat([input([2, 1, 3]), input([2, 2, 3])], 1) },
  { name: 'zero padding', build: (input) => pad(input([3, 2]), [[1, 2], around]) },
  { name: 'mirrored padding', build: (input) => pad(input([4, 3]), [[3, 2], around], 'reflect') },
  { name: 'repeated padding', build: (input) => pad(input([1, 3]), [[2, 1], around], 'replicate') },
  { name: 'resample, nearest', build: (input) => resample(input([1, 2, 3, 2, 2]), [4, 2, 5], 'nearest-exact') },
  { name: 'resample, trilinear', build: (input) => resample(input([1, 2, 3, 2, 2]), [3, 5, 4], 'trilinear') },
  {
    name: 'gatherRows',
    build: (input, tracer) => gatherRows(input([4, 3]), tracer.constant(new Int32Array([2, 0, 2, 2, 1, 0]), [2, 3])),
  },
];

function slices(x: Tensor): Tensor {
  const [first, second, third] = [0, 2, 4].map((start) => slice(x, 1, start, 2));
  return add(multiply(first, second), third);
}

const rows: readonly GradientCase[] = [
  { name: 'sum', build: (input) => sum(input([3, 4, 2]), [0, 2]) },
  { name: 'mean', build: (input) => mean(input([3, 4, 2]), [1], { keepDims: true }) },
  { name: 'max', build: (input) => max(input([3, 4, 2]), [1, 2]) },
  { name: 'sum of squares', build: (input) => sumOfSquares(input([3, 4, 2]), [0, 2]) },
  { name: 'softmax', build: (input) => softmax(input([3, 5])) },
  { name: 'RMS norm', build: (input) => rmsNorm(input([3, 8]), { eps: 1e-3, weight: input([8]) }) },
  { name: 'RMS norm, odd rows', build: (input) => rmsNorm(input([3, 5]), { eps: 1e-3 }) },
  { name: 'layer norm', build: (input) => layerNorm(input([2, 3, 8]), { eps: 1e-3, weight: input([8]), bias: input([8]) }) },
  { name: 'layer norm, odd rows', build: (input) => layerNorm(input([3, 5]), { eps: 1e-3 }) },
  { name: 'group norm', build: (input) => groupNorm(input([2, 3, 2, 6]), { groups: 2, eps: 1e-3, weight: input([6]), bias: input([6]) }) },
];

const products: readonly GradientCase[] = [
  { name: 'matmul', build: (input) => matmul(input([2, 3, 4]), input([4, 5])) },
  { name: 'linear', build: (input) => linear(input([2, 3, 4]), input([5, 4]), input([5])) },
  { name: 'a single row', build: (input) => matmul(input([4]), input([5, 4]), { transposeB: true }) },
  { name: 'matmul of batches', build: (input) => matmul(input([2, 3, 4]), input([2, 4, 5])) },
  { name: 'matmul of batches, transposed', build: (input) => matmul(input([2, 3, 4]), input([2, 5, 4]), { transposeB: true }) },
  {
    name: 'rope, interleaved',
    build: (input, tracer) =>
      rope(input([2, 3, 4]), angles(tracer, [3, 2], Math.cos), angles(tracer, [3, 2], Math.sin), { layout: 'interleaved' }),
  },
  {
    name: 'rope, split',
    build: (input, tracer) =>
      rope(input([2, 3, 2, 8]), angles(tracer, [3, 1, 4], Math.cos), angles(tracer, [3, 1, 4], Math.sin), { layout: 'split' }),
  },
];

const attentions: readonly GradientCase[] = [
  { name: 'attention', build: (input) => attention(input([2, 3, 2, 4]), input([2, 5, 2, 4]), input([2, 5, 2, 4])) },
  {
    name: 'attention with a mask and a removed key',
    build: (input, tracer) =>
      attention(input([2, 3, 2, 4]), input([2, 4, 2, 4]), input([2, 4, 2, 4]), {
        bias: tracer.constant(new Float32Array([0, -10000, 0.5, -Infinity, 0.1, 0, -Infinity, 0.2]), [2, 1, 1, 4]),
      }),
  },
  {
    name: 'attention, causal, few key heads, odd head size',
    build: (input) => attention(input([1, 4, 4, 3]), input([1, 4, 2, 3]), input([1, 4, 2, 3]), { causal: true, scale: 0.7 }),
  },
  {
    name: 'attention in a window',
    build: (input) => attention(input([1, 5, 1, 4]), input([1, 5, 1, 4]), input([1, 5, 1, 4]), { window: 2 }),
  },
];

const convolutions: readonly GradientCase[] = [
  { name: 'conv1d, dilated', build: (input) => conv1d(input([2, 6, 3]), input([3, 3, 2]), { dilation: 2, padding: [2, 2] }) },
  {
    name: 'conv2d, strides',
    build: (input) => conv2d(input([1, 5, 4, 2]), input([3, 2, 2, 3]), { stride: [2, 2], padding: [[1, 0], around] }),
  },
  {
    name: 'conv3d, channels in fours',
    build: (input) => conv3d(input([1, 3, 3, 4, 4]), input([2, 3, 3, 4, 8]), { stride: [1, 2, 1], padding: [[1, 0], around, around] }),
  },
  {
    name: 'conv3d, repeated frames and mirrored edges',
    build: (input) =>
      conv3d(input([1, 2, 3, 3, 4]), input([3, 3, 3, 4, 4]), {
        padding: [[2, 0], around, around],
        mode: { time: 'replicate', space: 'reflect' },
      }),
  },
  { name: 'conv1d in groups', build: (input) => conv1d(input([2, 5, 4]), input([3, 2, 6]), { padding: [1, 1], groups: 2 }) },
  { name: 'conv1d, depthwise', build: (input) => conv1d(input([2, 5, 4]), input([3, 1, 4]), { padding: [1, 1], groups: 4 }) },
  {
    name: 'transposed convolution',
    build: (input) => convTranspose1d(input([2, 4, 3]), input([4, 3, 2]), { stride: 2, padding: 1 }),
  },
  {
    name: 'transposed convolution in groups, with more behind',
    build: (input) => convTranspose1d(input([1, 3, 4]), input([3, 4, 2]), { stride: 3, padding: 0, outputPadding: 2, groups: 2 }),
  },
];

/** Every differentiable operation of the vocabulary at least once. */
export const gradientCases: readonly GradientCase[] = [
  ...elementwise,
  { name: 'cast', build: (input) => cast(input([4]), 'f32') },
  ...shapes,
  ...rows,
  ...products,
  ...attentions,
  ...convolutions,
];
