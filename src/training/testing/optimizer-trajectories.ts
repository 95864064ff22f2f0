import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { add, elementCount, multiply, permute, reshape, sum, Tracer, type Graph } from '../../graph';
import type { OptimizerConfig } from '../optimizer';
import type { GradientGraphOptions } from '../training-graphs';

const adam = { betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0.1 } as const;

const trajectory = z.object({ shapes: z.record(z.string(), z.array(z.number())), weights: z.record(z.string(), z.array(z.number())) });

/** What tools/training-fixtures/make_optimizers.py writes. */
export const optimizerFigures = z
  .object({
    steps: z.number(),
    adamw: trajectory,
    adamw8bit: trajectory,
    adafactor: trajectory,
    adafactor_fixed: trajectory,
    adafactor_warmup: trajectory,
    muon: trajectory,
    muon_rms: trajectory,
    muon_bf16: trajectory,
    maps: z.record(z.string(), z.array(z.number())),
    rates: z.record(z.string(), z.array(z.number())),
    decays: z.record(z.string(), z.array(z.number())),
    scales: z.array(z.number()),
  })
  .parse(JSON.parse(readFileSync('src/training/fixtures/optimizers.json', 'utf8')));

/** The fixtures' generator: numbers from -1 to 1. */
function numbers(seed: number, count: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 2 ** 30 - 1;
  });
}

/** How a trajectory of the fixtures is repeated: a loss whose gradients are inputs, weights to begin with, inputs of each step. */
export interface RepeatedTrajectory {
  readonly model: Graph;
  readonly options: GradientGraphOptions;
  readonly expected: Readonly<Record<string, readonly number[]>>;
  read(name: string): Float32Array;
  inputs(step: number): Record<string, Float32Array>;
}

/** Parameters of three dimensions are read in another order than their file's, as convolutions are. */
export function repeated({ shapes, weights }: z.output<typeof trajectory>): RepeatedTrajectory {
  const names = Object.keys(shapes);
  const tracer = new Tracer();
  const total = names
    .map((name) => {
      const order = shapes[name].length === 3 ? [1, 2, 0] : undefined;
      const gradient = tracer.input(`given.${name}`, shapes[name]);
      const parameter = tracer.parameter(name, shapes[name], order === undefined ? {} : { permute: order });
      const product = multiply(parameter, order === undefined ? gradient : permute(gradient, order));
      return sum(reshape(product, [elementCount(shapes[name])]), [0], { keepDims: true });
    })
    .reduce((a, b) => add(a, b));
  tracer.output('loss', total);
  return {
    model: tracer.finish(),
    options: { trainable: names, loss: (_tracer, output) => output('loss') },
    expected: weights,
    read: (name) => numbers(7 + names.indexOf(name), elementCount(shapes[name])),
    inputs: (step) =>
      Object.fromEntries(
        names.map((name, k) => {
          const scales = [1e-3, 1e-2, 1e-1, 1];
          const values = numbers(1000 * (step + 1) + k, elementCount(shapes[name]));
          return [`given.${name}`, values.map((value, i) => value * Math.fround(scales[i % 4]))];
        }),
      ),
  };
}

type CaseName = 'adamw' | 'adamw8bit' | 'adafactor' | 'adafactor_fixed' | 'adafactor_warmup' | 'muon' | 'muon_rms' | 'muon_bf16';

/** Every trajectory with our configuration of its optimiser, and how near the weights must come, relative to the largest. */
export const optimizerCases: readonly {
  readonly name: CaseName;
  readonly optimizer: OptimizerConfig;
  readonly rate: number;
  readonly tolerance: number;
}[] = [
  { name: 'adamw', optimizer: { type: 'adamw', ...adam }, rate: 1e-2, tolerance: 1e-5 },
  { name: 'adamw8bit', optimizer: { type: 'adamw8bit', ...adam, minimumSize: 1 }, rate: 1e-2, tolerance: 1e-5 },
  { name: 'adafactor', optimizer: { type: 'adafactor', weightDecay: 0.1 }, rate: 0, tolerance: 1e-5 },
  {
    name: 'adafactor_fixed',
    optimizer: { type: 'adafactor', relativeStep: false, scaleParameter: false, beta1: 0.9, clipThreshold: 0.5 },
    rate: 1e-2,
    tolerance: 1e-5,
  },
  { name: 'adafactor_warmup', optimizer: { type: 'adafactor', warmupInit: true }, rate: 0, tolerance: 1e-5 },
  { name: 'muon', optimizer: { type: 'muon' }, rate: 1e-2, tolerance: 1e-4 },
  { name: 'muon_rms', optimizer: { type: 'muon', adjust: 'match_rms_adamw', nesterov: false }, rate: 1e-2, tolerance: 1e-4 },
  // The library rounds its iteration to bfloat16, which ours does not: each step may differ by some bfloat16 steps of the rate.
  { name: 'muon_bf16', optimizer: { type: 'muon' }, rate: 1e-2, tolerance: 2e-3 },
];
