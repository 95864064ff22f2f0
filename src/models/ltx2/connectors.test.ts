import { describe, expect, it } from 'vitest';
import { evaluateGraph, type HostTensor } from '../../graph';
import { floatInput, integerInput } from '../../golden';
import { readModelCase } from '../testing/golden';
import { buildConnectorsGraph, ltx2ConnectorRows } from './build-text';
import { parseLtx2ConnectorsConfig } from './connectors-config';

const { golden } = readModelCase('ltx2_connectors_23');
const config = parseLtx2ConnectorsConfig(golden.config);
const states = floatInput(golden, 'text_hidden_states');
const mask = Float32Array.from(integerInput(golden, 'attention_mask').data);

type Data = HostTensor['data'];

async function connected(hidden: Float32Array, tokens: Float32Array, length: number, outLength?: number): Promise<Map<string, Data>> {
  const batch = tokens.length / length;
  const { read } = await golden.openWeights('model');
  const { graph } = buildConnectorsGraph(config, { batch, length, outLength });
  const inputs = { hidden_states: hidden, attention_mask: tokens, ...ltx2ConnectorRows(config, tokens, { batch, outLength }).inputs };
  return new Map(Array.from(await evaluateGraph(graph, inputs, read), ([name, { data }]) => [name, data]));
}

describe('text connectors of LTX-2', () => {
  it('put tokens first, then registers by their place', () => {
    const rows = ltx2ConnectorRows(config, Float32Array.of(0, 0, 1, 1, 1, 1, 1, 1), { batch: 2, outLength: 8 });
    expect([...rows.inputs.video_rows]).toEqual([2, 3, 10, 11, 8, 9, 10, 11, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(rows.inputs.audio_rows).toEqual(rows.inputs.video_rows);
    expect([...rows.mask]).toEqual(new Array(16).fill(1));
  });

  it('give the same for prompts that come without their padding, or with it on the right', async () => {
    const [, length, channels, layers] = states.shape;
    const row = channels * layers;
    const first = states.data.subarray(0, length * row);
    const whole = await connected(first, mask.subarray(0, length), length);
    const tokens = first.subarray(3 * row);
    const cut = await connected(tokens, new Float32Array(5).fill(1), 5, length);
    const right = Float32Array.from({ length: first.length }, (_, k) => tokens[k] ?? 7);
    const turned = await connected(right, Float32Array.of(1, 1, 1, 1, 1, 0, 0, 0), length);
    for (const name of ['video_text', 'audio_text']) {
      expect(cut.get(name)).toEqual(whole.get(name));
      expect(turned.get(name)).toEqual(whole.get(name));
    }
  });

  it('without registers leave padding where it is, and blank the picture’s', async () => {
    const bare = parseLtx2ConnectorsConfig({
      ...config,
      video_connector_num_learnable_registers: null,
      audio_connector_num_learnable_registers: null,
    });
    const [batch, length] = states.shape;
    const { read } = await golden.openWeights('model');
    const { inputs, mask: out } = ltx2ConnectorRows(bare, mask, { batch });
    expect(inputs).toEqual({});
    expect(out).toBe(mask);
    const { graph } = buildConnectorsGraph(bare, { batch, length });
    const result = await evaluateGraph(graph, { hidden_states: states.data, attention_mask: mask }, read);
    const video = [...(result.get('video_text')?.data ?? [])];
    expect(video.length).toBe(2 * 8 * 48);
    expect(video.slice(0, 3 * 48).every((value) => value === 0)).toBe(true);
    expect(video.slice(3 * 48, 4 * 48).some((value) => value === 0)).toBe(false);
  });

  it('refuse lengths that registers do not fill', () => {
    expect(() => buildConnectorsGraph(config, { batch: 1, length: 6 })).toThrow(/a multiple of 4/);
    expect(() => buildConnectorsGraph(config, { batch: 1, length: 12, outLength: 8 })).toThrow(/at least 12 tokens out/);
  });

  it('are refused when their widths do not meet', () => {
    expect(() => parseLtx2ConnectorsConfig({ video_connector_num_attention_heads: 32 })).toThrow(/3840 channels.*4096/);
  });
});
