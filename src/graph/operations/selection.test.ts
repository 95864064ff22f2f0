import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AiprodError } from '../../errors';
import { add } from '../arithmetic';
import { evaluateGraph } from '../evaluate';
import {
  isView,
  operationNamed,
  plainestCapabilities,
  type Attributes,
  type KernelCall,
  type Lowering,
  type MemoryView,
} from '../operation';
import { Tracer, type Tensor } from '../tracer';
import { permuteData } from '../permute-data';
import { elementCount } from '../types';
import { concat } from './concat';
import { conv1d, conv3d } from './convolution';
import { gatherRows } from './gather-rows';
import { groupNorm } from './normalization';
import { pad } from './pad';
import { permute } from './permute';
import { resample } from './resample';
import { rope } from './rope';
import { slice } from './slice';
import { sum } from './reduce';

const software = { ...plainestCapabilities, software: true };

function lowered(
  operation: string,
  shapes: readonly (readonly number[])[],
  attributes: Attributes,
  options: { forceKernel?: string; software?: boolean } = {},
): Lowering | MemoryView {
  const inputs = shapes.map((shape) => ({ shape, dtype: 'f32' as const }));
  return operationNamed(operation).lower({
    inputs,
    output: operationNamed(operation).infer(inputs, attributes),
    attributes,
    capabilities: options.software === true ? software : plainestCapabilities,
    ...(options.forceKernel === undefined ? {} : { forceKernel: options.forceKernel }),
  });
}

/** The first kernel call of an operation that needs one. */
function callOf(...request: Parameters<typeof lowered>): KernelCall {
  const lowering = lowered(...request);
  if (isView(lowering)) throw new Error(`${request[0]} became a view`);
  return lowering.calls[0];
}

const plainConvolution = {
  stride: [1, 1, 1],
  dilation: [1, 1, 1],
  padding: [
    [1, 1],
    [1, 1],
    [1, 1],
  ],
  modes: ['zeros', 'zeros', 'zeros'],
  groups: 1,
};

describe('kernel selection', () => {
  it('tiles convolutions whose channels come in fours and computes the rest directly', () => {
    const kernelOf = (channels: number, forceKernel?: string): string | undefined =>
      callOf(
        'convolution',
        [
          [1, 3, 8, 8, channels],
          [3, 3, 3, channels, 8],
        ],
        plainConvolution,
        forceKernel === undefined ? {} : { forceKernel },
      ).kernel;
    expect(kernelOf(8)).toBe('convolution/register_tile');
    expect(kernelOf(3)).toBe('convolution/direct');
    expect(kernelOf(8, 'convolution/direct')).toBe('convolution/direct');
    expect(() => kernelOf(3, 'convolution/register_tile')).toThrow(AiprodError);
  });

  it('chooses a tile that wastes no columns', () => {
    const positions = (columns: number): unknown =>
      callOf(
        'convolution',
        [
          [1, 3, 8, columns, 8],
          [3, 3, 3, 8, 8],
        ],
        plainConvolution,
        { software: true },
      ).constants?.POSITIONS;
    expect([1, 3, 8, 14, 24, 36, 96].map(positions)).toEqual([1, 3, 8, 7, 8, 6, 8]);
  });

  it('compiles one kernel for convolutions of other sizes', () => {
    const variant = (shape: readonly number[], weight: readonly number[], on: { software?: boolean }): unknown => {
      const { kernel, conditions, constants, modules } = callOf('convolution', [shape, weight], plainConvolution, on);
      return { kernel, conditions, constants, modules };
    };
    for (const on of [{ software: true }, {}]) {
      const small = variant([1, 3, 8, 16, 8], [3, 3, 3, 8, 16], on);
      expect(variant([2, 9, 5, 32, 24], [3, 3, 3, 24, 64], on)).toEqual(small);
      expect(variant([2, 9, 5, 32, 24], [1, 3, 3, 24, 64], on)).not.toEqual(small);
      expect(variant([1, 3, 8, 16, 3], [3, 3, 3, 3, 16], on)).toEqual(variant([1, 3, 9, 16, 5], [3, 3, 3, 5, 16], on));
    }
  });

  it('shares a row among a workgroup only where workgroups run side by side', () => {
    const attributes = { kind: 'rms', eps: 1e-6 };
    const conditions = (options: { forceKernel?: string; software?: boolean }): unknown =>
      callOf('rowNorm', [[1536, 2048]], attributes, options).conditions;
    expect(conditions({ software: true })).toMatchObject({ cooperative: false, vector: true });
    expect(conditions({})).toMatchObject({ cooperative: true, held: true });
    expect(conditions({ software: true, forceKernel: 'norm_row_per_workgroup' })).toMatchObject({ cooperative: true });
    expect(() => conditions({ forceKernel: 'convolution/direct' })).toThrow(/norm_row_per_invocation/);
  });

  it('copies nothing when only dimensions of size 1 move', () => {
    expect(lowered('permute', [[1, 4, 1, 8]], { axes: [1, 0, 3, 2] })).toEqual({ viewFrom: 0 });
    expect(lowered('permute', [[2, 4, 1, 8]], { axes: [1, 0, 3, 2] })).toHaveProperty('calls');
    expect(lowered('slice', [[2, 4]], { axis: 1, start: 0, length: 4 })).toEqual({ viewFrom: 0 });
  });

  it('views a slice in place where it is one stretch of memory that a binding can begin at', () => {
    const cut = (shape: readonly number[], axis: number, start: number, dtype: 'f32' | 'f16' = 'f32'): unknown => {
      const slice = operationNamed('slice');
      const attributes = { axis, start, length: 1 };
      const input = { shape, dtype };
      const request = { inputs: [input], output: slice.infer([input], attributes), attributes, capabilities: plainestCapabilities };
      return slice.lower(request);
    };
    expect(cut([6, 64], 0, 5)).toEqual({ viewFrom: 5 * 64 });
    expect(cut([1, 6, 128], 1, 2, 'f16')).toEqual({ viewFrom: 256 });
    expect(cut([6, 2, 3], 0, 0)).toEqual({ viewFrom: 0 });
    // Row 5 begins at byte 640; row 2 at byte 256 of 4-byte elements, of 2-byte ones at 128; a column is no stretch.
    expect(cut([6, 32], 0, 5)).toHaveProperty('calls');
    expect(cut([6, 32], 0, 2)).toEqual({ viewFrom: 64 });
    expect(cut([6, 32], 0, 2, 'f16')).toHaveProperty('calls');
    expect(cut([2, 128], 1, 64)).toHaveProperty('calls');
  });

  it('merges dimensions before it counts coordinates', () => {
    const map = callOf('permute', [[2, 3, 4, 5, 6, 7, 8, 9]], { axes: [2, 3, 0, 1, 4, 5, 6, 7] }).modules?.copy_map ?? '';
    expect(map.match(/let c\d/g)).toHaveLength(2 * 3);
  });
});

describe('shapes that do not fit are refused with what was expected', () => {
  const refusals: [string, (tracer: Tracer, x: Tensor) => Tensor, RegExp][] = [
    ['permute', (_, x) => permute(x, [0, 0, 1]), /each of 0 to 2 once/],
    ['slice', (_, x) => slice(x, 2, 6, 3), /within 0 to 8/],
    ['slice axis', (_, x) => slice(x, 3, 0, 1), /axis from -3 to 2/],
    ['concat', (tracer, x) => concat([x, tracer.input('other', [2, 5, 8])], 2), /all axes but 2/],
    [
      'pad',
      (_, x) =>
        pad(
          x,
          [
            [0, 0],
            [4, 0],
            [0, 0],
          ],
          'reflect',
        ),
      /0 to 3/,
    ],
    ['gatherRows', (_, x) => gatherRows(x, x), /integers/],
    ['rope', (tracer, x) => rope(x, tracer.input('cos', [8]), tracer.input('sin', [8]), { layout: 'split' }), /broadcast/],
    ['conv1d', (tracer, x) => conv1d(x, tracer.input('weight', [3, 4, 4]), { padding: [1, 1] }), /C \/ 1/],
    ['conv1d reach', (tracer, x) => conv1d(x, tracer.input('weight', [7, 8, 4]), { padding: [1, 1] }), /at least 7/],
    ['groupNorm', (_, x) => groupNorm(x, { groups: 3, eps: 1e-5 }), /divisible/],
    ['resample', (_, x) => resample(x, [1, 2, 3], 'nearest'), /\[B, F, H, W, C\]/],
    ['sum', (_, x) => sum(x, [1, -2]), /different axes/],
  ];
  it.each(refusals)('%s', (_, build, message) => {
    const tracer = new Tracer();
    const x = tracer.input('x', [2, 4, 8]);
    expect(() => build(tracer, x)).toThrow(message);
    expect(() => build(new Tracer(), x)).toThrow(AiprodError);
  });
});

/** Runs one graph of a single input on the CPU. */
async function evaluated(
  shape: readonly number[],
  build: (x: Tensor) => Tensor,
): Promise<{ x: Float32Array; y: ArrayLike<number>; shape: readonly number[] }> {
  const tracer = new Tracer();
  tracer.output('y', build(tracer.input('x', shape)));
  const x = Float32Array.from({ length: elementCount(shape) }, (_, k) => k + 1);
  const y = (await evaluateGraph(tracer.finish(), { x }, () => new Float32Array())).get('y');
  return { x, y: y?.data ?? [], shape: y?.shape ?? [] };
}

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 });

describe('properties of the references', () => {
  it('permute undoes itself and agrees with permuteData', () =>
    fc.assert(
      fc.asyncProperty(shapes, fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), async (shape, order) => {
        const axes = shape.map((_, axis) => axis).sort((a, b) => order[a] - order[b] || a - b);
        const inverse = axes.map((_, axis) => axes.indexOf(axis));
        const { x, y } = await evaluated(shape, (value) => permute(permute(value, axes), inverse));
        expect(y).toEqual(x);
        const once = await evaluated(shape, (value) => permute(value, axes));
        expect(once.y).toEqual(permuteData(x, shape, axes));
      }),
    ));

  it('concat of the slices of an axis is the value', () =>
    fc.assert(
      fc.asyncProperty(shapes, fc.nat(), fc.nat(), async (shape, axisSeed, cutSeed) => {
        const axis = axisSeed % shape.length;
        const cut = shape[axis] === 1 ? 1 : 1 + (cutSeed % (shape[axis] - 1));
        const { x, y } = await evaluated(shape, (value) =>
          cut === shape[axis] ? add(value, 0) : concat([slice(value, axis, 0, cut), slice(value, axis, cut, shape[axis] - cut)], axis),
        );
        expect(y).toEqual(x);
      }),
    ));

  it('the inside of a padded value is the value', () =>
    fc.assert(
      fc.asyncProperty(
        shapes,
        fc.constantFrom('zeros', 'replicate'),
        fc.nat({ max: 3 }),
        fc.nat({ max: 3 }),
        async (shape, mode, before, after) => {
          const { x, y } = await evaluated(shape, (value) =>
            shape.reduce(
              (inner, size, axis) => slice(inner, axis, before, size),
              pad(
                value,
                shape.map(() => [before, after] as const),
                mode,
              ),
            ),
          );
          expect(y).toEqual(x);
        },
      ),
    ));

  it('a convolution with the identity as its middle tap is the value', async () => {
    const tracer = new Tracer();
    const weight = new Float32Array(27 * 4);
    weight.set([1, 0, 0, 1], 13 * 4);
    const y = conv3d(tracer.input('x', [1, 2, 3, 4, 2]), tracer.constant(weight, [3, 3, 3, 2, 2]), {
      padding: [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    });
    tracer.output('y', y);
    const x = Float32Array.from({ length: 48 }, (_, k) => k);
    expect((await evaluateGraph(tracer.finish(), { x }, () => new Float32Array())).get('y')?.data).toEqual(x);
  });

  it('gatherRows refuses numbers outside the table', async () => {
    const tracer = new Tracer();
    tracer.output('y', gatherRows(tracer.input('table', [3, 2]), tracer.input('ids', [1], 'i32')));
    await expect(
      evaluateGraph(tracer.finish(), { table: new Float32Array(6), ids: Int32Array.of(3) }, () => new Float32Array()),
    ).rejects.toThrow(/0 to 2/);
  });
});
