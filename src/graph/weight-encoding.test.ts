import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodings, storedBytes } from '../numeric/quantized';
import { evaluateGraph } from './evaluate';
import { conv3d } from './operations/convolution';
import { gatherRows } from './operations/gather-rows';
import { linear } from './operations/matmul';
import { plainestCapabilities } from './operation';
import { add } from './arithmetic';
import { storeParametersAs } from './passes/store-parameters';
import { planProgram } from './planner';
import { printProgram } from './program';
import { relativeError, testValues } from './testing';
import { Tracer } from './tracer';
import { storageBytes } from './types';
import { decodedEncodings, encodedWords, packWords, rowMultiple } from './weight-encoding';
import type { ParameterReader } from './parameter-reader';

describe('encoded weights in memory', () => {
  it('take the bytes of the file, give or take factors and alignment', () => {
    for (const encoding of decodedEncodings) {
      const shape = [256, 1024];
      const held = 4 * encodedWords({ encoding }, { rows: 256, inner: 1024 });
      expect(held / storedBytes(encoding, shape, { scaling: 'row' }), encoding).toBeCloseTo(1, 6);
      expect(storageBytes({ shape, dtype: 'f32', encoding: { encoding, rows: 'first' } }), encoding).toBe(Math.ceil(held / 16) * 16);
    }
  });

  it('pack any matrix of whole blocks into exactly the words foretold', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...decodedEncodings),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        (encoding, rows, blocks) => {
          const inner = rowMultiple({ encoding }) * blocks;
          const values = encodings[encoding].encode(testValues(rows * inner, rows + blocks), inner, { scaling: 'row' });
          expect(packWords(values, { encoding }, { rows, inner }).length).toBe(encodedWords({ encoding }, { rows, inner }));
        },
      ),
      { numRuns: 60 },
    ));

  it('are refused in words when rows do not hold whole blocks', () => {
    expect(() => packWords({ bytes: new Uint8Array(40) }, { encoding: 'q8_0' }, { rows: 1, inner: 40 })).toThrow(
      /rows of a multiple of 32/,
    );
    expect(() => packWords({ bytes: new Uint8Array(7) }, { encoding: 'int8' }, { rows: 2, inner: 4 })).toThrow(/another number of bytes/);
  });
});

describe('the pass that stores parameters encoded', () => {
  function traced() {
    const tracer = new Tracer();
    const x = tracer.input('x', [4, 64]);
    const table = tracer.parameter('table', [10, 64]);
    const hidden = add(
      linear(x, tracer.parameter('weight', [64, 64]), tracer.parameter('bias', [64])),
      gatherRows(table, tracer.input('ids', [4], 'i32')),
    );
    const both = tracer.parameter('both', [64, 64]);
    tracer.output('y', add(linear(hidden, both), linear(hidden, tracer.parameter('odd', [64, 64]))));
    tracer.output('read elsewhere', add(both, 1));
    return tracer.finish();
  }

  it('leaves alone what some reader cannot decode', () => {
    const graph = storeParametersAs(traced(), () => ({ encoding: 'int8' }));
    const stored = [...graph.parameters].map(([id, spec]) => [spec.name, graph.nodes[id].encoding?.encoding]);
    expect(stored).toEqual([
      ['table', 'int8'],
      ['weight', 'int8'],
      ['bias', undefined],
      ['both', undefined],
      ['odd', 'int8'],
    ]);
  });

  it('tells who reads a parameter, so that tables can be left out', () => {
    const graph = storeParametersAs(traced(), ({ name }, use) =>
      use.operation === 'gatherRows' || name === 'odd' ? undefined : { encoding: 'q8_0' },
    );
    expect(graph.nodes.filter((node) => node.encoding !== undefined).map((node) => graph.parameters.get(node.id)?.name)).toEqual([
      'weight',
    ]);
  });

  it('makes the plan hold the encoded bytes and print the encoding', () => {
    const program = planProgram(
      storeParametersAs(traced(), () => ({ encoding: 'int8' })),
      plainestCapabilities,
    );
    const weight = program.buffers.find((buffer) => buffer.kind === 'parameter' && buffer.spec.name === 'weight');
    expect(weight?.bytes).toBe(64 * 64 + 64 * 4);
    expect(printProgram(program)).toContain('weight [64, 64]int8 4352 bytes');
  });

  it('keeps a convolution whose channels do not come in fours as it is', () => {
    const tracer = new Tracer();
    const weight = tracer.parameter('weight', [8, 3, 1, 1, 1], { permute: [2, 3, 4, 1, 0] });
    const none = [0, 0] as const;
    tracer.output('y', conv3d(tracer.input('x', [1, 1, 2, 2, 3]), weight, { padding: [none, none, none] }));
    expect(storeParametersAs(tracer.finish(), () => ({ encoding: 'bf16' })).nodes.some((node) => node.encoding !== undefined)).toBe(false);
  });
});

describe('parameters from a source that keeps them encoded', () => {
  function graphOf(permute?: readonly number[]) {
    const tracer = new Tracer();
    if (permute === undefined) {
      tracer.output('y', linear(tracer.input('x', [2, 32]), tracer.parameter('weight', [8, 32])));
    } else {
      const none = [0, 0] as const;
      const weight = tracer.parameter('weight', [8, 4, 2, 1, 3], { permute });
      tracer.output('y', conv3d(tracer.input('x', [1, 2, 2, 4, 4]), weight, { padding: [none, none, none] }));
    }
    return tracer.finish();
  }

  for (const encoding of decodedEncodings.filter((name) => 32 % rowMultiple({ encoding: name }) === 0)) {
    it(`take its codes as they are: ${encoding}`, async () => {
      const values = testValues(256, 3);
      const stored = { encoding, shape: [8, 32], ...encodings[encoding].encode(values, 32, { scaling: 'tensor' }) };
      const read: ParameterReader = Object.assign(
        () => {
          throw new Error('the values in f32 are not needed');
        },
        { stored: () => Promise.resolve(stored) },
      );
      const graph = storeParametersAs(graphOf(), () => ({ encoding }));
      const actual = (await evaluateGraph(graph, { x: testValues(64, 1) }, read)).get('y')?.data ?? [];
      const expected = (await evaluateGraph(graphOf(), { x: testValues(64, 1) }, () => values)).get('y')?.data ?? [];
      const error = relativeError(actual, expected);
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(0.15);
    });
  }

  it('reorder the codes of a convolution', async () => {
    const permute = [2, 3, 4, 1, 0];
    const values = testValues(8 * 24, 5);
    for (const encoding of ['int8', 'bf16', 'fp8_e4m3'] as const) {
      const stored = { encoding, shape: [8, 4, 2, 1, 3], ...encodings[encoding].encode(values, 24, { scaling: 'row' }) };
      const graph = storeParametersAs(graphOf(permute), () => ({ encoding }));
      const x = testValues(64, 1);
      const fromCodes = await evaluateGraph(
        graph,
        { x },
        Object.assign(() => values.fill(0), { stored: () => Promise.resolve(stored) }),
      );
      const fromFloats = await evaluateGraph(graph, { x }, () => testValues(8 * 24, 5));
      expect(fromCodes.get('y')?.data).toEqual(fromFloats.get('y')?.data);
    }
  });
});
