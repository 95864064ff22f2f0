import { expect, test } from 'vitest';
import { evaluateGraph } from '../../graph';
import { buildTransformerGraph } from '../build';
import { readModelCase, relativeError } from '../testing/golden';
import { timestepInput } from '../timesteps';
import type { Perturbation } from '../perturbations';
import { parseLtxTransformerConfig } from './transformer-config';

const { golden } = readModelCase('skip_layer_transformer');
const config = parseLtxTransformerConfig(golden.config);
const grid = { frames: 2, height: 2, width: 3 };
const tokens = 12;
const textLength = 5;

const wave = (count: number, seed: number): Float32Array => Float32Array.from({ length: count }, (_, k) => Math.sin(1.3 * k + seed));

/** One sample's inputs; every sample of a batch differs. */
const sampleOf = (row: number) => ({
  hidden_states: wave(tokens * config.in_channels, row),
  encoder_hidden_states: wave(textLength * config.caption_channels, 10 + row),
  encoder_attention_mask: Float32Array.from({ length: textLength }, (_, k) => (k < 2 + (row % 3) ? 1 : 0)),
  timestep_sinusoid: timestepInput([100 + 150 * row]),
});

async function predict(rows: readonly number[], perturbations: readonly Perturbation[], coordinates = false): Promise<Float32Array> {
  // Coordinates of their own for every sample are rotary tables with a batch axis.
  const positions = coordinates ? { coordinates: Float32Array.from(rows.flatMap((row) => [...wave(3 * tokens, row)])), tokens } : grid;
  const { graph } = buildTransformerGraph(config, { batch: rows.length, positions, textLength, perturbations });
  const samples = rows.map(sampleOf);
  const join = (name: keyof ReturnType<typeof sampleOf>): Float32Array => Float32Array.from(samples.flatMap((sample) => [...sample[name]]));
  const inputs = {
    hidden_states: join('hidden_states'),
    encoder_hidden_states: join('encoder_hidden_states'),
    encoder_attention_mask: join('encoder_attention_mask'),
    timestep_sinusoid: join('timestep_sinusoid'),
  };
  const { read } = await golden.openWeights('model');
  const data = (await evaluateGraph(graph, inputs, read)).get('sample')?.data;
  if (!(data instanceof Float32Array)) throw new Error('no sample');
  return data;
}

const everything: Perturbation[] = [
  { kind: 'block', blocks: [1], rows: [1, 4] },
  { kind: 'attention-values', blocks: [0], rows: [2, 4] },
  { kind: 'attention', blocks: [1], rows: [3] },
  { kind: 'feed-forward', blocks: [0, 1], rows: [0, 3] },
  { kind: 'attention-values', blocks: [1], rows: [5] },
];

test.each([false, true])(
  'samples of one pass with different perturbations are what passes of their own give (coordinates %s)',
  async (coordinates) => {
    const rows = [0, 1, 2, 3, 4, 5];
    const together = await predict(rows, everything, coordinates);
    const size = together.length / rows.length;
    const apart = await Promise.all(
      rows.map((row) =>
        predict(
          [row],
          everything.filter((perturbation) => perturbation.rows?.includes(row)).map(({ kind, blocks }) => ({ kind, blocks })),
          coordinates,
        ),
      ),
    );
    for (const row of rows) {
      const found = together.subarray(row * size, (row + 1) * size);
      expect(relativeError(found, apart[row]), `sample ${row}`).toBeLessThan(1e-6);
      expect(relativeError(found, await predict([row], [], coordinates)), `sample ${row} without its perturbation`).toBeGreaterThan(1e-3);
    }
  },
);

test('without rows, a perturbation is for every sample', async () => {
  const blocks = [0];
  const all = await predict([0, 1], [{ kind: 'attention-values', blocks }]);
  expect(all).toEqual(await predict([0, 1], [{ kind: 'attention-values', blocks, rows: [0, 1] }]));
});

test.each([
  [/block 2.*0 to 1/, { kind: 'block', blocks: [2] }],
  [/sample 1.*0 to 0/, { kind: 'attention', blocks: [0], rows: [1] }],
  [/block 0\.5/, { kind: 'attention', blocks: [0.5] }],
] as const)('%s', async (message, perturbation) => {
  await expect(predict([0], [perturbation])).rejects.toThrow(message);
});
