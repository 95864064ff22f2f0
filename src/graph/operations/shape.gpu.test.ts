import { add, multiply, reshape, silu } from '../arithmetic';
import type { Tensor } from '../tracer';
import { broadcastTo } from './broadcast-to';
import { concat } from './concat';
import { describeConformance, type ConformanceCase } from './testing/conformance';
import { gatherRows } from './gather-rows';
import { matmul } from './matmul';
import { rmsNorm } from './normalization';
import { pad } from './pad';
import { permute } from './permute';
import './reshape';
import { slice } from './slice';

const permutations: [number[], number[]][] = [
  [[1], [0]],
  [
    [7, 5],
    [1, 0],
  ],
  [
    [64, 96],
    [1, 0],
  ],
  [
    [2, 3, 5, 8],
    [0, 2, 1, 3],
  ],
  [
    [2, 16, 4, 12],
    [0, 2, 1, 3],
  ],
  [
    [3, 4, 5, 6, 7],
    [4, 2, 0, 3, 1],
  ],
  [
    [2, 1, 3, 2, 2, 1, 3, 4],
    [7, 0, 6, 2, 5, 4, 3, 1],
  ],
  [
    [1, 6, 4, 4, 8, 2, 2, 2],
    [0, 4, 1, 5, 2, 6, 3, 7],
  ],
];

const slices: [number[], number, number, number][] = [
  [[1], 0, 0, 1],
  [[3, 10], 1, 3, 5],
  [[3, 24], 1, 8, 12],
  [[5, 4, 8], 0, 1, 3],
  [[2, 7, 8], -2, 2, 4],
  [[1, 6, 130], 1, 0, 2],
];

const joins: [number[][], number][] = [
  [
    [
      [2, 3],
      [2, 5],
    ],
    1,
  ],
  [
    [
      [4, 8],
      [4, 4],
      [4, 12],
    ],
    -1,
  ],
  [
    [
      [1, 5, 7],
      [2, 5, 7],
    ],
    0,
  ],
  [
    [
      [2, 1, 8],
      [2, 3, 8],
    ],
    1,
  ],
  [Array.from({ length: 9 }, (_, k) => [3, k + 1]), 1],
];

const paddings: [number[], [number, number][]][] = [
  [[5], [[2, 3]]],
  [
    [3, 7],
    [
      [0, 0],
      [1, 2],
    ],
  ],
  [
    [2, 4, 6, 8],
    [
      [0, 0],
      [1, 0],
      [2, 1],
      [0, 0],
    ],
  ],
  [
    [2, 3, 5],
    [
      [1, 1],
      [2, 0],
      [0, 4],
    ],
  ],
];

const label = (value: unknown): string => JSON.stringify(value);

const cases: ConformanceCase[] = [
  ...permutations.map(
    ([shape, axes]) =>
      ({ name: `permute ${label(shape)} by ${label(axes)}`, build: (input) => permute(input(shape), axes) }) satisfies ConformanceCase,
  ),
  ...permutations.slice(1, 4).map(
    ([shape, axes]) =>
      ({
        name: `permute ${label(shape)} with an epilogue`,
        build: (input) => {
          const y = permute(input(shape), axes);
          return silu(add(multiply(y, input(y.shape)), input([y.shape[y.shape.length - 1]])));
        },
      }) satisfies ConformanceCase,
  ),
  ...slices.map(
    ([shape, ...range]) =>
      ({ name: `slice ${label(shape)} at ${label(range)}`, build: (input) => slice(input(shape), ...range) }) satisfies ConformanceCase,
  ),
  {
    name: 'slice with an epilogue',
    build: (input) => add(slice(input([4, 24]), 1, 4, 8), input([8])),
  },
  {
    // Where 128 elements begin at a byte that a binding can, each reader reads the row in place.
    name: 'rows of a table as operands of several operations',
    build: (input) => {
      const [x, table] = [input([3, 128]), input([6, 128])];
      const row = (index: number): Tensor => reshape(slice(table, 0, index, 1), [128]);
      const modulated = add(multiply(rmsNorm(x, { eps: 1e-6 }), add(row(1), 1)), row(0));
      const projected = multiply(matmul(modulated, slice(table, 0, 2, 3), { transposeB: true }), slice(row(5), 0, 64, 3));
      return concat(
        [projected, reshape(slice(slice(table, 0, 4, 2), 0, 1, 1), [1, 128])].map((part) => slice(part, 1, 0, 3)),
        0,
      );
    },
  },
  ...joins.map(
    ([shapes, axis]) =>
      ({
        name: `concat ${label(shapes)} on ${axis}`,
        build: (input) =>
          concat(
            shapes.map((shape) => input(shape)),
            axis,
          ),
      }) satisfies ConformanceCase,
  ),
  {
    name: 'concat of a value with itself and an epilogue',
    build: (input) => {
      const x = input([3, 8]);
      return add(concat([x, x], 0), input([6, 1]));
    },
  },
  ...(['zeros', 'reflect', 'replicate'] as const).flatMap((mode) =>
    paddings
      .filter(([shape, padding]) => mode !== 'reflect' || padding.every(([before, after], axis) => Math.max(before, after) < shape[axis]))
      .map(
        ([shape, padding]) =>
          ({
            name: `pad ${label(shape)} by ${label(padding)} with ${mode}`,
            build: (input) => pad(input(shape), padding, mode),
          }) satisfies ConformanceCase,
      ),
  ),
  {
    name: 'pad with an epilogue',
    build: (input) =>
      add(
        pad(input([3, 5]), [
          [1, 1],
          [0, 3],
        ]),
        1,
      ),
  },
  ...(
    [
      [[1], [7]],
      [
        [3, 1, 8],
        [3, 5, 8],
      ],
      [[5], [4, 5]],
      [
        [2, 1, 3],
        [2, 4, 3],
      ],
    ] as [number[], number[]][]
  ).map(
    ([from, to]) =>
      ({ name: `broadcastTo ${label(from)} to ${label(to)}`, build: (input) => broadcastTo(input(from), to) }) satisfies ConformanceCase,
  ),
  ...([5, 12] as const).map(
    (width) =>
      ({
        name: `gatherRows of width ${width}`,
        build: (input) =>
          multiply(gatherRows(input([9, width]), input([2, 3], { dtype: 'i32', data: Int32Array.of(0, 8, 3, 3, 1, 7) })), 2),
      }) satisfies ConformanceCase,
  ),
  {
    name: 'integers',
    build: (input) => {
      const ids = input([2, 4], { dtype: 'i32', data: Int32Array.of(0, 1, 2, 3, 4, 5, 6, -2147483647) });
      return concat(
        [
          permute(
            pad(
              slice(ids, 1, 1, 3),
              [
                [0, 1],
                [1, 0],
              ],
              'replicate',
            ),
            [1, 0],
          ),
          slice(permute(ids, [1, 0]), 1, 0, 1),
        ].map((x) => broadcastTo(x, [4, 3])),
        0,
      );
    },
  },
];

describeConformance('shape operations', cases);
