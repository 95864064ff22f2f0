import { add, multiply } from '../arithmetic';
import { describeConformance, type ConformanceCase } from './testing/conformance';
import { groupNorm, layerNorm, rmsNorm } from './normalization';
import { max, mean, sum } from './reduce';
import { rope } from './rope';
import { softmax } from './softmax';

const rowShapes = [
  [1, 1],
  [3, 7],
  [2, 5, 64],
  [300, 20],
  [4, 1000],
  [2, 4100],
  [7, 2048],
];
const label = (value: unknown): string => JSON.stringify(value);

const cases: ConformanceCase[] = [
  ...rowShapes.flatMap((shape): ConformanceCase[] => {
    const channels = shape[shape.length - 1];
    return [
      { name: `rmsNorm ${label(shape)}`, build: (input) => rmsNorm(input(shape), { eps: 1e-6, weight: input([channels]) }) },
      {
        name: `layerNorm ${label(shape)}`,
        build: (input) => layerNorm(add(input(shape), 3), { eps: 1e-5, weight: input([channels]), bias: input([channels]) }),
      },
      { name: `softmax ${label(shape)}`, build: (input) => softmax(multiply(input(shape), 5)) },
    ];
  }),
  {
    name: 'rmsNorm with modulation',
    build: (input) => add(multiply(rmsNorm(input([2, 6, 32]), { eps: 1e-6 }), add(input([2, 1, 32]), 1)), input([2, 1, 32])),
  },
  ...(
    [
      [[2, 5, 12], 4],
      [[1, 3, 5, 7, 12], 4],
      [[2, 33, 32], 8],
      [[2, 700, 6], 1],
      [[3, 9, 10], 5],
    ] as [number[], number][]
  ).map(([shape, groups]): ConformanceCase => ({
    name: `groupNorm ${label(shape)} in ${groups}`,
    build: (input) => {
      const channels = shape[shape.length - 1];
      return groupNorm(add(input(shape), 2), { groups, eps: 1e-5, weight: input([channels]), bias: input([channels]) });
    },
  })),
  ...(
    [
      [[7], [0]],
      [[3, 5, 8], [1]],
      [
        [3, 5, 8],
        [0, 2],
      ],
      [
        [2, 3, 4, 8],
        [0, 2],
      ],
      [[1, 10000], [1]],
      [[2, 3000, 4], [1]],
      [
        [40, 50],
        [0, 1],
      ],
    ] as [number[], number[]][]
  ).flatMap(([shape, axes]): ConformanceCase[] => [
    { name: `sum ${label(shape)} over ${label(axes)}`, build: (input) => add(sum(add(input(shape), 1), axes), 1) },
    { name: `mean ${label(shape)} over ${label(axes)}`, build: (input) => mean(add(input(shape), 1), axes, { keepDims: true }) },
    { name: `max ${label(shape)} over ${label(axes)}`, build: (input) => max(input(shape), axes) },
  ]),
  ...(['interleaved', 'split'] as const).flatMap((layout): ConformanceCase[] => [
    {
      name: `rope ${layout}, all heads together`,
      build: (input) => rope(input([2, 9, 64]), input([9, 32], { dtype: 'f32' }), input([9, 32], { dtype: 'f32' }), { layout }),
    },
    {
      name: `rope ${layout}, heads alike`,
      build: (input) => rope(input([2, 9, 3, 20]), input([9, 1, 10], { dtype: 'f32' }), input([9, 1, 10], { dtype: 'f32' }), { layout }),
    },
    {
      name: `rope ${layout}, heads apart`,
      build: (input) => rope(input([1, 9, 2, 24]), input([9, 2, 12], { dtype: 'f32' }), input([9, 2, 12], { dtype: 'f32' }), { layout }),
    },
    {
      name: `rope ${layout}, one pair`,
      build: (input) => rope(input([5, 2]), input([1, 1], { dtype: 'f32' }), input([1, 1], { dtype: 'f32' }), { layout }),
    },
  ]),
];

describeConformance('row operations', cases);
