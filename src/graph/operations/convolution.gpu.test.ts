import { add, multiply, silu } from '../arithmetic';
import { describeConformance, type ConformanceCase } from './testing/conformance';
import { conv1d, conv2d, conv3d, type Convolution3dOptions } from './convolution';
import { randomNormal } from './random-normal';
import { resample, type ResampleMethod } from './resample';
import { convTranspose1d } from './transposed-convolution';

const same = [
  [1, 1],
  [1, 1],
  [1, 1],
] as const;

/** x, weight, options. */
const volumes: [number[], number[], Convolution3dOptions][] = [
  [
    [1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1],
    {
      padding: [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    },
  ],
  [[2, 3, 5, 6, 3], [3, 3, 3, 3, 5], { padding: same }],
  [
    [2, 4, 5, 6, 8],
    [3, 3, 3, 8, 12],
    {
      padding: [
        [2, 0],
        [1, 1],
        [1, 1],
      ],
      mode: { time: 'replicate' },
    },
  ],
  [
    [1, 4, 7, 9, 8],
    [3, 3, 3, 8, 8],
    {
      padding: [
        [2, 0],
        [1, 1],
        [1, 1],
      ],
      mode: { time: 'replicate', space: 'reflect' },
    },
  ],
  [[1, 3, 4, 5, 4], [3, 3, 3, 4, 16], { padding: same, mode: { time: 'zeros', space: 'replicate' } }],
  [
    [1, 9, 8, 6, 4],
    [3, 3, 3, 4, 8],
    {
      stride: [2, 2, 2],
      padding: [
        [2, 0],
        [1, 1],
        [1, 1],
      ],
      mode: { time: 'replicate' },
    },
  ],
  [
    [1, 3, 9, 10, 4],
    [2, 3, 2, 4, 4],
    {
      dilation: [1, 2, 3],
      padding: [
        [0, 0],
        [2, 2],
        [1, 2],
      ],
    },
  ],
  [[1, 2, 6, 17, 3], [3, 3, 3, 3, 8], { padding: same }],
  [
    [1, 2, 6, 7, 8],
    [1, 1, 1, 8, 6],
    {
      padding: [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    },
  ],
  [[1, 2, 4, 33, 32], [3, 3, 3, 32, 64], { padding: same }],
  [
    [1, 2, 4, 6, 8],
    [1, 3, 3, 1, 8],
    {
      padding: [
        [0, 0],
        [1, 1],
        [1, 1],
      ],
      groups: 8,
    },
  ],
  [[1, 2, 4, 6, 6], [3, 3, 3, 2, 9], { padding: same, groups: 3 }],
];

const label = (value: unknown): string => JSON.stringify(value);

const resamplings: [number[], [number, number, number], ResampleMethod][] = [
  [[1, 1, 7, 9, 3], [1, 14, 18], 'nearest-exact'],
  [[2, 2, 5, 6, 8], [4, 10, 12], 'nearest'],
  [[1, 3, 7, 9, 4], [3, 5, 13], 'bilinear'],
  [[1, 3, 5, 4, 5], [7, 9, 8], 'trilinear'],
  [[1, 3, 5, 4, 4], [2, 3, 8], 'trilinear'],
];

const cases: ConformanceCase[] = [
  ...volumes.map(([x, weight, options]): ConformanceCase => ({
    name: `conv3d ${label(x)} ${label(weight)} ${label(options)}`,
    build: (input) => conv3d(input(x), input(weight), options),
  })),
  {
    name: 'conv3d with bias, activation and residual',
    build: (input) => {
      const y = conv3d(input([2, 3, 4, 6, 8]), input([3, 3, 3, 8, 8]), { padding: same });
      return add(multiply(silu(add(y, input([8]))), input([2, 1, 1, 1, 8])), input(y.shape));
    },
  },
  {
    name: 'conv3d of odd channels with a bias',
    build: (input) => add(conv3d(input([1, 2, 4, 6, 3]), input([3, 3, 3, 3, 5]), { padding: same }), input([5])),
  },
  {
    name: 'conv2d of stride 2, padded at one side',
    build: (input) =>
      add(
        conv2d(input([2, 8, 10, 8]), input([3, 3, 8, 8]), {
          stride: [2, 2],
          padding: [
            [0, 1],
            [0, 1],
          ],
        }),
        input([8]),
      ),
  },
  { name: 'conv1d dilated', build: (input) => conv1d(input([2, 17, 8]), input([7, 8, 4]), { dilation: 3, padding: [9, 9] }) },
  {
    name: 'conv1d depthwise of stride 2',
    build: (input) => conv1d(input([2, 17, 4]), input([12, 1, 4]), { stride: 2, padding: [5, 6], mode: 'replicate', groups: 4 }),
  },
  { name: 'conv1d depthwise, odd channels', build: (input) => conv1d(input([2, 17, 3]), input([5, 1, 3]), { padding: [2, 2], groups: 3 }) },
  { name: 'conv1d to one channel', build: (input) => conv1d(input([1, 50, 16]), input([7, 16, 1]), { padding: [3, 3] }) },
  {
    name: 'convTranspose1d',
    build: (input) => add(convTranspose1d(input([2, 17, 8]), input([8, 8, 12]), { stride: 4, padding: 2 }), input([12])),
  },
  {
    name: 'convTranspose1d, odd channels',
    build: (input) => convTranspose1d(input([2, 9, 6]), input([7, 6, 3]), { stride: 3, padding: 1, outputPadding: 1 }),
  },
  {
    name: 'convTranspose1d depthwise',
    build: (input) => convTranspose1d(input([2, 9, 4]), input([12, 4, 1]), { stride: 2, padding: 0, groups: 4 }),
  },
  {
    name: 'convTranspose1d in groups',
    build: (input) => convTranspose1d(input([1, 9, 6]), input([4, 6, 2]), { stride: 2, padding: 1, groups: 2 }),
  },
  ...resamplings.map(([x, size, method]): ConformanceCase => ({
    name: `resample ${label(x)} to ${label(size)} ${method}`,
    build: (input) => add(resample(input(x), size, method), 1),
  })),
  {
    name: 'randomNormal',
    build: (input, tracer) =>
      randomNormal(tracer, [3, 333], { seed: input([2], { dtype: 'u32', data: Uint32Array.of(42, 7) }), stream: 3 }),
  },
];

describeConformance('convolutions, resampling and noise', cases);
