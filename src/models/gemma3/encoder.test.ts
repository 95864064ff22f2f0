import { expect, it } from 'vitest';
import { evaluateGraph } from '../../graph';
import { readModelCase } from '../testing/golden';
import { buildGemma3Graph } from './build-encoder';
import { parseGemma3Config } from './config';

const { golden } = readModelCase('gemma3_text');
const config = parseGemma3Config(golden.config);

async function statesOf(ids: readonly number[], mask: readonly number[], firstPosition?: number): Promise<Float32Array> {
  const { read } = await golden.openWeights('model');
  const { graph } = buildGemma3Graph(config, { batch: 1, length: ids.length, firstPosition });
  const inputs = { input_ids: Int32Array.from(ids), attention_mask: Float32Array.from(mask) };
  const data = (await evaluateGraph(graph, inputs, read)).get('hidden_states')?.data;
  return data instanceof Float32Array ? data : new Float32Array();
}

it('stacks all hidden states behind the channels; padding on the left moves nothing', async () => {
  const ids = [2, 17, 40, 9, 33, 5, 61, 12];
  const layers = config.layer_types.length + 1;
  const short = await statesOf(
    ids,
    ids.map(() => 1),
  );
  const padded = await statesOf([0, 0, 0, ...ids], [0, 0, 0, ...ids.map(() => 1)]);
  expect(short.length).toBe(ids.length * config.hidden_size * layers);
  const from = 3 * config.hidden_size * layers;
  // Positions are rounded where they start elsewhere.
  for (let k = 0; k < short.length; k++) expect(padded[from + k]).toBeCloseTo(short[k], 4);
  // Told where they start, they are what they are behind their padding: exactly, but for the order of sums.
  const placed = await statesOf(
    ids,
    ids.map(() => 1),
    3,
  );
  for (let k = 0; k < short.length; k++) expect(padded[from + k]).toBeCloseTo(placed[k], 6);
  const { data } = await golden.openWeights('model').then(async ({ read }) => ({ data: await read('embed_tokens.weight') }));
  const scale = Math.sqrt(config.hidden_size);
  for (let c = 0; c < config.hidden_size; c++) expect(short[c * layers]).toBeCloseTo(data[2 * config.hidden_size + c] * scale, 4);
});
