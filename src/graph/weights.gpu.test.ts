import { describe, expect, it } from 'vitest';
import { geluTanh, add } from './arithmetic';
import { evaluateGraph } from './evaluate';
import { compileGraph, runGraph } from './executor';
import type { Graph } from './graph';
import type { Capabilities } from './operation';
import { conv3d, type Convolution3dOptions } from './operations/convolution';
import { gatherRows } from './operations/gather-rows';
import { linear } from './operations/matmul';
import { storeParametersAs } from './passes/store-parameters';
import { relativeError, testContext, testValues } from './testing';
import { Tracer, type Tensor } from './tracer';
import { elementCount, type HostTensor } from './types';
import { decodedEncodings, rowMultiple, type DecodedEncoding, type EncodingChoice } from './weight-encoding';

/** Devices whose kernels the test adapter can run too. */
const profiles: Readonly<Record<string, Partial<Capabilities>>> = {
  'this adapter': {},
  'a processor without subgroups': { software: true, subgroups: false },
  'a graphics processor': { software: false },
};

const choices: readonly EncodingChoice[] = [
  ...decodedEncodings.map((encoding) => ({ encoding })),
  { encoding: 'int4', groupSize: 64, zeros: true },
];

/** Weights with rows of different sizes, so that factors of wrong rows show. */
function weightValues(shape: readonly number[], seed: number): Float32Array {
  const values = testValues(elementCount(shape), seed);
  const inner = values.length / shape[0];
  return values.map((value, k) => value * (1 + Math.floor(k / inner) / shape[0]));
}

interface Case {
  readonly name: string;
  /** Rows of the weight and elements in each, in f32. */
  readonly weight: readonly number[];
  readonly build: (tracer: Tracer) => Tensor;
}

const same: Convolution3dOptions = {
  padding: [
    [1, 1],
    [1, 1],
    [1, 1],
  ],
};

function linearCase(m: number, n: number, k: number): Case {
  return {
    name: `linear of ${m} rows, ${k} to ${n}`,
    weight: [n, k],
    build: (tracer) => geluTanh(linear(tracer.input('x', [m, k]), tracer.parameter('weight', [n, k]), tracer.input('bias', [n]))),
  };
}

function convolutionCase(channels: number, outChannels: number): Case {
  const weight = [outChannels, channels, 3, 3, 3];
  return {
    name: `conv3d of ${channels} to ${outChannels} channels`,
    weight,
    build: (tracer) =>
      add(
        conv3d(tracer.input('x', [1, 2, 3, 5, channels]), tracer.parameter('weight', weight, { permute: [2, 3, 4, 1, 0] }), same),
        tracer.input('bias', [outChannels]),
      ),
  };
}

function tableCase(rows: number, width: number): Case {
  return {
    name: `table of ${rows} rows of ${width}`,
    weight: [rows, width],
    build: (tracer) => gatherRows(tracer.parameter('weight', [rows, width]), tracer.input('ids', [5], 'i32')),
  };
}

/** Cases whose rows hold whole blocks of an encoding, and odd ones where any row will do. */
function casesOf(choice: EncodingChoice): Case[] {
  const multiple = rowMultiple(choice);
  const k = multiple === 1 ? 36 : 3 * multiple;
  const cases = [linearCase(1, 20, k), linearCase(70, 68, k), tableCase(7, k), convolutionCase(multiple === 1 ? 4 : multiple, 12)];
  if (multiple > 1) return cases;
  const odd = [linearCase(5, 33, k), linearCase(3, 9, 7), linearCase(40, 13, 41), tableCase(9, 7), convolutionCase(8, 8)];
  return [...cases, ...odd];
}

function inputsOf(graph: Graph): Record<string, HostTensor['data']> {
  return Object.fromEntries(
    [...graph.inputs].map(([name, id], seed) => {
      const { shape, dtype } = graph.nodes[id];
      return [name, dtype === 'i32' ? Int32Array.from([3, 0, 6, 3, 1]) : testValues(elementCount(shape), seed + 1)];
    }),
  );
}

const kernels = new Map<DecodedEncoding, Set<string>>();

for (const choice of choices) {
  const title = Object.values(choice).join(' ');
  describe(`weights in ${title}`, () => {
    for (const { name, weight, build } of casesOf(choice)) {
      it(`are decoded as by the reference: ${name}`, async () => {
        const tracer = new Tracer();
        tracer.output('y', build(tracer));
        const graph = storeParametersAs(tracer.finish(), () => choice);
        expect([...graph.parameters.keys()].map((id) => graph.nodes[id].encoding?.encoding)).toEqual([choice.encoding]);
        const read = (): Float32Array => weightValues(weight, 9);
        const inputs = inputsOf(graph);
        const expected = (await evaluateGraph(graph, inputs, read)).get('y')?.data ?? [];
        const context = await testContext();
        for (const [profile, capabilities] of Object.entries(profiles)) {
          const device = { ...context, capabilities: { ...context.capabilities, ...capabilities } };
          const actual = await runGraph(device, graph, inputs, read);
          expect(relativeError(actual.get('y')?.data ?? [], expected), profile).toBeLessThanOrEqual(1e-5);
          const used = kernels.get(choice.encoding) ?? new Set();
          for (const step of compileGraph(graph, device).steps) used.add(step.call.kernel);
          kernels.set(choice.encoding, used);
        }
      });
    }

    it('has met every kernel that decodes', async () => {
      const { capabilities } = await testContext();
      const all = [
        'convolution/register_tile',
        'matmul/register_tile',
        'matmul/split_inner',
        'matmul/workgroup_tile',
        'shape/gather_rows',
        ...(capabilities.software && capabilities.subgroups ? ['matmul/quad_tile'] : []),
      ];
      expect([...(kernels.get(choice.encoding) ?? [])].sort()).toEqual(all.sort());
    });
  });
}
