/** For tests: a table of operation cases, each run on the GPU and on the CPU reference in every storage type. */
import { describe, it } from 'vitest';
import { expectGpuMatchesReference, testContext, testValues } from '../../testing';
import { Tracer, type Tensor } from '../../tracer';
import { elementCount, type DType, type HostTensor } from '../../types';

/** Makes inputs of the graph under test: random values unless data is given. */
export type MakeInput = (shape: readonly number[], options?: { dtype?: DType; data?: HostTensor['data'] }) => Tensor;

export interface ConformanceCase {
  readonly name: string;
  readonly build: (input: MakeInput, tracer: Tracer) => Tensor;
}

const tolerances = { f32: 1e-5, f16: 5e-3 };

/** One test per case and storage type; f16 is skipped aloud where the adapter lacks it. */
export function describeConformance(operation: string, cases: readonly ConformanceCase[]): void {
  describe(`${operation} on the GPU equals the reference`, () => {
    for (const dtype of ['f32', 'f16'] as const) {
      for (const { name, build } of cases) {
        it(`${name}, ${dtype}`, async (test) => {
          const context = await testContext();
          if (dtype === 'f16' && !context.capabilities.f16)
            return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
          const tracer = new Tracer({ dtype });
          const inputs: Record<string, HostTensor['data']> = {};
          const input: MakeInput = (shape, options = {}) => {
            const key = `input${Object.keys(inputs).length}`;
            inputs[key] = options.data ?? testValues(elementCount(shape), Object.keys(inputs).length + 1);
            return tracer.input(key, shape, options.dtype ?? dtype);
          };
          tracer.output('y', build(input, tracer));
          await expectGpuMatchesReference(tracer.finish(), inputs, tolerances[dtype]);
        });
      }
    }
  });
}
