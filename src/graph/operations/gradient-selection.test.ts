import { describe, expect, it } from 'vitest';
import { conv3d, differentiate, plainestCapabilities, sumOfSquares, Tracer, type Capabilities, type Lowering, type Shape } from '..';
import { isView, operationNamed, type Attributes } from '../operation';

const processor = { software: true, subgroups: true, subgroupMinSize: 4 };

function lowered(operation: string, shapes: readonly Shape[], attributes: Attributes, capabilities: Partial<Capabilities>): Lowering {
  const inputs = shapes.map((shape) => ({ shape, dtype: 'f32' as const }));
  const { infer, lower } = operationNamed(operation);
  const lowering = lower({
    inputs,
    output: infer(inputs, attributes),
    attributes,
    capabilities: { ...plainestCapabilities, ...capabilities },
  });
  if (isView(lowering)) throw new Error(`${operation} became a view`);
  return lowering;
}

describe("attention's gradients", () => {
  const shapes = (head: number): Shape[] => [
    [2, 50, 4, head],
    [2, 90, 2, head],
    [2, 90, 2, head],
    [2, 50, 4, head],
    [2, 50, 4],
    [2, 50, 4],
  ];
  const rules = { scale: 1, causal: false, window: 0 };

  it('go in tiles on a processor with quads, one invocation a row elsewhere', () => {
    expect(lowered('attentionQueryGradient', shapes(20), rules, processor).calls[0]).toMatchObject({
      kernel: 'attention/gradient_tile',
      conditions: { keys: false, vector: true },
      constants: { HEAD: 20, QUADS: 2 },
      features: ['subgroups'],
      workgroups: [4 * 4 * 2, 1, 1],
    });
    expect(lowered('attentionKeyGradient', shapes(20), rules, processor).calls[0]).toMatchObject({
      kernel: 'attention/gradient_tile',
      conditions: { keys: true },
      workgroups: [6 * 2 * 2, 1, 1],
    });
    expect(lowered('attentionStatistics', shapes(20).slice(0, 2), rules, processor).calls[0].kernel).toBe('attention/statistics_tile');
    for (const capabilities of [{}, { subgroups: true }, { software: true }]) {
      expect(lowered('attentionKeyGradient', shapes(20), rules, capabilities).calls[0].kernel).toBe('attention/key_gradient');
      expect(lowered('attentionStatistics', shapes(20).slice(0, 2), rules, capabilities).calls[0].kernel).toBe('attention/statistics');
    }
  });

  it('keep to what workgroup memory holds: keys need twice as much as queries', () => {
    expect(lowered('attentionKeyGradient', shapes(128), rules, processor).calls[0].kernel).toBe('attention/gradient_tile');
    expect(lowered('attentionKeyGradient', shapes(144), rules, processor).calls[0].kernel).toBe('attention/key_gradient');
    expect(lowered('attentionQueryGradient', shapes(144), rules, processor).calls[0].kernel).toBe('attention/gradient_tile');
  });
});

describe("a convolution's gradients", () => {
  const attributes = {
    stride: [1, 1, 1],
    dilation: [1, 1, 1],
    padding: [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
    modes: ['zeros', 'zeros', 'zeros'],
    groups: 1,
    kernel: [3, 3, 3],
  };
  const weightGradient = (channels: readonly [number, number], capabilities: Partial<Capabilities>, size = 8): Lowering =>
    lowered(
      'convolutionWeightGradient',
      [
        [1, 4, size, 8, channels[0]],
        [1, 4, size, 8, channels[1]],
      ],
      attributes,
      capabilities,
    );

  it('by the weight go in tiles on a processor with quads', () => {
    const { calls } = weightGradient([40, 80], processor);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      kernel: 'convolution/weight_gradient_tile',
      conditions: { two_sets: true },
      constants: { GROUP: 16, CHUNKS: 1 },
      workgroups: [27 * 2 * 2, 1, 1],
    });
    expect(weightGradient([40, 80], { ...processor, subgroupMinSize: 8 }).calls[0].conditions).toEqual({ two_sets: false });
    // No more quads than there are channels for.
    expect(weightGradient([16, 16], processor).calls[0]).toMatchObject({ conditions: { two_sets: false }, constants: { GROUP: 4 } });
    expect(weightGradient([6, 8], processor).calls[0].kernel).toBe('convolution/weight_gradient');
    expect(weightGradient([40, 80], { subgroups: true }).calls[0].kernel).toBe('convolution/weight_gradient');
  });

  it('by the weight are summed in chunks of lines where there are few taps', () => {
    const single = { ...attributes, kernel: [1, 1, 1], padding: attributes.padding.map(() => [0, 0]) };
    const { calls, scratch } = lowered(
      'convolutionWeightGradient',
      [
        [1, 4, 16, 8, 16],
        [1, 4, 16, 8, 16],
      ],
      single,
      processor,
    );
    expect(calls.map(({ kernel }) => kernel)).toEqual(['convolution/weight_gradient_tile', 'reduction/reduce']);
    expect(calls[0].constants).toMatchObject({ CHUNKS: 8, CHUNK_LENGTH: 8 });
    expect(scratch).toEqual([{ shape: [8, 256], dtype: 'f32' }]);
  });

  it('by the input are a convolution, unless it has strides', () => {
    const operations = (stride: readonly [number, number, number]): string[] => {
      const tracer = new Tracer();
      const y = conv3d(tracer.input('x', [1, 4, 5, 6, 4]), tracer.input('w', [3, 3, 3, 4, 8]), {
        stride,
        padding: [
          [2, 0],
          [1, 1],
          [1, 1],
        ],
        mode: { time: 'replicate' },
      });
      tracer.output('loss', sumOfSquares(y, [0, 1, 2, 3, 4]));
      const graph = differentiate(tracer.finish(), { loss: 'loss', wrt: ['x'] });
      return graph.nodes.map(({ operation }) => operation).filter((operation) => operation.startsWith('convolution'));
    };
    expect(operations([1, 1, 1])).toEqual(['convolution', 'convolution']);
    expect(operations([1, 2, 1])).toEqual(['convolution', 'convolutionInputGradient']);
  });
});
