import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AiprodError } from '../errors';
import { bytesOf, writeSafetensors } from '../weights';
import type { DenoiseState } from './denoise';
import { decodeState, encodeState } from './run-state';

const floats = fc.array(fc.float({ noNaN: true }), { minLength: 6, maxLength: 6 }).map((values) => Float32Array.from(values));
const history = fc.record(
  { modelOutputs: fc.array(floats, { maxLength: 3 }), lastSample: floats, order: fc.integer({ min: 1, max: 3 }) },
  { requiredKeys: ['modelOutputs', 'order'] },
);
const states: fc.Arbitrary<DenoiseState> = fc
  .record(
    {
      step: fc.integer({ min: 0, max: 1000 }),
      latents: floats,
      history,
      guidance: fc.dictionary(fc.constantFrom('apg', 'other'), floats, { minKeys: 1, noNullPrototype: true }),
    },
    { requiredKeys: ['step', 'latents'] },
  )
  .chain((state) => (state.history === undefined ? fc.constant(state) : fc.constantFrom(state, { ...state, solver: 'unipc' })));

test('any state comes back from its file to the bit', async () => {
  await fc.assert(
    fc.asyncProperty(states, async (state) => {
      expect(await decodeState(encodeState(state), 'state')).toEqual(state);
    }),
  );
});

describe('other files are refused', () => {
  const file = (metadata: Record<string, string>, tensors: Record<string, number> = { latents: 4 }): Uint8Array<ArrayBuffer> =>
    writeSafetensors(
      new Map(
        Object.entries(tensors).map(([name, length]) => [
          name,
          { dtype: 'F32' as const, shape: [length], bytes: bytesOf(new Float32Array(length)) },
        ]),
      ),
      metadata,
    );
  const format = 'aiprod-denoise-state-2';

  test.each([
    [/other version|another version/, { format: 'aiprod-denoise-state-1', step: '3' }, undefined],
    [/no denoising state/, { format: 'something', step: '3' }, undefined],
    [/no denoising state/, {}, undefined],
    [/no denoising state/, { format, step: 'three' }, undefined],
    [/latents/, { format, step: '3' }, { other: 4 }],
    [/model_output/, { format, step: '3', order: '1', outputs: '2' }, { latents: 4, 'history.model_output.0': 4 }],
    [/fit together.*4.*5/, { format, step: '3' }, { latents: 4, 'guidance.apg': 5 }],
  ])('%s', async (message, metadata, tensors) => {
    const decoded = decodeState(file(metadata, tensors), 'state');
    await expect(decoded).rejects.toThrow(AiprodError);
    await expect(decoded).rejects.toThrow(message);
  });
});
