import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  attention,
  concat,
  conv3d,
  differentiate,
  evaluateGraph,
  fuse,
  gatherRows,
  gradientName,
  matmul,
  multiply,
  pad,
  plainestCapabilities,
  planProgram,
  printGraph,
  reshape,
  rope,
  silu,
  slice,
  sum,
  Tracer,
  type Graph,
  type Tensor,
} from '..';
import { expectFiniteDifferences, traceCase } from './testing/finite-differences';

function graphOf(build: (tracer: Tracer, x: Tensor) => Tensor): Graph {
  const tracer = new Tracer();
  const y = build(tracer, tracer.input('x', [3]));
  tracer.output('loss', total(y));
  return tracer.finish();
}

function total(x: Tensor): Tensor {
  return sum(x, [...x.shape.keys()]);
}

describe('the gradient pass', () => {
  it('adds up what a value gives to several readers', async () => {
    const graph = graphOf((_, x) => add(multiply(x, x), multiply(x, 3)));
    const backward = differentiate(graph, { loss: 'loss', wrt: ['x'] });
    const results = await evaluateGraph(backward, { x: new Float32Array([1, 2, 3]) }, () => new Float32Array());
    expect([...(results.get(gradientName('x'))?.data ?? [])]).toEqual([5, 7, 9]);
    expect([...results.keys()]).toEqual(['loss', 'gradient.x']);
  });

  it('goes only through what lies between the loss and what is asked for', () => {
    const tracer = new Tracer();
    const [x, y] = [tracer.input('x', [4, 4]), tracer.input('y', [4, 4])];
    tracer.output('aside', silu(x));
    tracer.output('loss', total(multiply(matmul(x, y), silu(silu(y)))));
    const backward = differentiate(tracer.finish(), { loss: 'loss', wrt: ['x'] });
    const products = backward.nodes.filter(({ operation }) => operation === 'matmul');
    expect(products, printGraph(backward)).toHaveLength(2);
    expect([...backward.outputs.keys()]).toEqual(['loss', 'gradient.x']);
  });

  it('keeps the outputs it is asked to keep', () => {
    const tracer = new Tracer();
    const x = tracer.input('x', [4]);
    tracer.output('y', silu(x));
    tracer.output('loss', sum(silu(x), [0]));
    expect([...differentiate(tracer.finish(), { loss: 'loss', wrt: ['x'], keep: ['y'] }).outputs.keys()]).toEqual([
      'y',
      'loss',
      'gradient.x',
    ]);
  });

  it('names what has no rule', () => {
    const again = differentiate(
      graphOf((_, x) => attention(...three(x))),
      { loss: 'loss', wrt: ['x'] },
    );
    const twice = { ...again, outputs: new Map([['loss', again.outputs.get(gradientName('x')) ?? 0]]) };
    const tracer = Tracer.extending(twice);
    tracer.output('all', total(tracer.outputValue('loss')));
    expect(() => differentiate(tracer.finish(), { loss: 'all', wrt: ['x'] })).toThrow(
      /operation attention\w+Gradient has no gradient rule/,
    );
    const tables = graphOf((_, x) => rope(reshape(concat([x, x], 0), [3, 2]), reshape(x, [3, 1]), reshape(x, [3, 1]), { layout: 'split' }));
    expect(() => differentiate(tables, { loss: 'loss', wrt: ['x'] })).toThrow('rotary tables have no gradient rule');
  });

  it('says what cannot be asked for', () => {
    const graph = graphOf((tracer, x) => {
      tracer.input('unused', [2]);
      return silu(x);
    });
    expect(() => differentiate(graph, { loss: 'loss', wrt: ['unused'] })).toThrow('the loss does not depend on unused');
    expect(() => differentiate(graph, { loss: 'loss', wrt: ['weight'] })).toThrow('gradient by weight');
    expect(() =>
      differentiate(
        graphOf((_, x) => x),
        { loss: 'elsewhere', wrt: ['x'] },
      ),
    ).toThrow('no output elsewhere');
    const tracer = new Tracer();
    tracer.output('loss', silu(tracer.input('x', [3])));
    expect(() => differentiate(tracer.finish(), { loss: 'loss', wrt: ['x'] })).toThrow('a loss of one f32 element');
  });

  it('fuses and plans like any graph', () => {
    const backward = differentiate(
      graphOf((tracer, x) =>
        gatherRows(reshape(matmul(silu(x), tracer.parameter('w', [3, 4])), [2, 2]), tracer.constant(new Int32Array([0]), [1])),
      ),
      { loss: 'loss', wrt: ['x', 'w'] },
    );
    expect(planProgram(fuse(backward, plainestCapabilities), plainestCapabilities).outputs.map(({ name }) => name)).toEqual([
      'loss',
      'gradient.x',
      'gradient.w',
    ]);
  });
});

function three(x: Tensor): [Tensor, Tensor, Tensor] {
  const value = pad(x, [[0, 1]]);
  const by = (factor: number): Tensor => reshape(multiply(value, factor), [1, 2, 1, 2]);
  return [by(1), by(2), by(3)];
}

describe('gradients over any shapes', () => {
  const size = fc.integer({ min: 1, max: 4 });
  const check = <T>(arbitrary: fc.Arbitrary<T>, build: (value: T) => Parameters<typeof traceCase>[0]): Promise<void> =>
    fc.assert(
      fc.asyncProperty(arbitrary, (value) => expectFiniteDifferences(traceCase(build(value)))),
      { numRuns: 15 },
    );

  it('broadcasting', () =>
    check(fc.tuple(fc.array(fc.tuple(size, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 3 })), ([axes]) => (input) => {
      const shape = (one: (axis: readonly [number, boolean, boolean]) => boolean): number[] =>
        axes.map((axis) => (one(axis) ? 1 : axis[0]));
      return multiply(input(shape((axis) => axis[1])), silu(input(shape((axis) => axis[2] && !axis[1]))));
    }));

  it('matmul', () =>
    check(fc.tuple(size, size, size, size, fc.boolean(), fc.boolean()), ([batch, m, k, n, batched, transposeB]) => (input) => {
      const b = transposeB ? [n, k] : [k, n];
      return matmul(input([batch, m, k]), input(batched ? [batch, ...b] : b), { transposeB });
    }));

  it('slice and pad', () =>
    check(fc.tuple(size, size, fc.nat(3), fc.nat(3)), ([rows, columns, before, after]) => (input) => {
      const padded = pad(
        input([rows, columns]),
        [
          [Math.min(before, rows - 1), Math.min(after, rows - 1)],
          [0, 0],
        ],
        'reflect',
      );
      return slice(padded, 0, 0, Math.max(1, padded.shape[0] - 1));
    }));

  it('convolution', () =>
    check(
      fc.tuple(
        fc.integer({ min: 3, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 2 }),
        fc.constantFrom('zeros', 'reflect', 'replicate'),
        fc.constantFrom(1, 4),
      ),
      ([length, kernel, stride, mode, channels]) =>
        (input) =>
          conv3d(input([1, 1, length, 3, channels]), input([1, kernel, 2, channels, 4]), {
            stride: [1, stride, 1],
            padding: [
              [0, 0],
              [1, 2],
              [1, 0],
            ],
            mode: { space: mode },
          }),
    ));
});
