import { describe, expect, it } from 'vitest';
import {
  compileGraph,
  evaluateGraph,
  ParameterStore,
  planStreaming,
  ProgramInstance,
  storeParametersAs,
  type EncodingChoice,
  type Graph,
  type ParameterReader,
  type StreamingPlan,
} from '../../graph';
import { relativeError, testContext, testValues } from '../../graph/testing';
import { parameterShapes } from '../build';
import { buildGemma3Graph } from './build-encoder';
import { parseGemma3Config } from './config';

/** Rows of whole blocks of every encoding. */
const config = parseGemma3Config({
  ...{ vocab_size: 64, hidden_size: 256, intermediate_size: 256, num_hidden_layers: 3, num_attention_heads: 4, num_key_value_heads: 2 },
  ...{ head_dim: 64, query_pre_attn_scalar: 64, sliding_window: 4, sliding_window_pattern: 2 },
});
const { graph } = buildGemma3Graph(config, { batch: 2, length: 8 });
const inputs = {
  input_ids: Int32Array.from({ length: 16 }, (_, k) => (k * 7) % 64),
  attention_mask: Float32Array.from({ length: 16 }, (_, k) => (k < 3 ? 0 : 1)),
};

const shapes = parameterShapes(graph);
const read: ParameterReader = (name) => {
  const shape = shapes.get(name) ?? [];
  const values = testValues(
    shape.reduce((product, size) => product * size, 1),
    [...shapes.keys()].indexOf(name) + 1,
  );
  return Promise.resolve(values.map((value) => value * (shape.length === 2 ? shape[1] ** -0.5 : 0.1)));
};

async function statesOf(stored: Graph, streaming?: StreamingPlan): Promise<ArrayLike<number>> {
  const context = await testContext();
  const parameters = new ParameterStore(context, read);
  const program = compileGraph(stored, context);
  const instance = await ProgramInstance.create(program, context, parameters, streaming === undefined ? {} : { streaming });
  try {
    return (await instance.run(inputs)).get('hidden_states')?.data ?? [];
  } finally {
    instance.destroy();
    parameters.destroy();
  }
}

/** Rows of padding are undefined. */
function ofTokens(states: ArrayLike<number>): Float32Array {
  const row = states.length / 16;
  return Float32Array.from(states).subarray(3 * row);
}

describe('Gemma 3 on the GPU', { timeout: 300_000 }, () => {
  it('streamed through two slots is what it is whole, bit for bit', async () => {
    const context = await testContext();
    const program = compileGraph(graph, context);
    const plan = planStreaming(program, 'layers');
    expect(plan.slots).toBe(2);
    expect(plan.memory.parameterBytes).toBeLessThan(program.memory.parameterBytes);
    expect(await statesOf(graph, plan)).toEqual(await statesOf(graph));
  });

  it.each([
    { encoding: 'int8' },
    { encoding: 'int4', groupSize: 64 },
    { encoding: 'fp8_e4m3' },
    { encoding: 'q8_0' },
    { encoding: 'q4_k' },
  ] satisfies EncodingChoice[])('reads its layers and its embedding in $encoding', async (choice) => {
    const stored = storeParametersAs(graph, (_, { inner }) => (inner === 256 ? choice : undefined));
    const encoded = [...stored.parameters].flatMap(([id, { name }]) => (stored.nodes[id].encoding === undefined ? [] : [name]));
    expect(encoded).toEqual(
      expect.arrayContaining(['embed_tokens.weight', 'layers.2.mlp.down_proj.weight', 'layers.0.self_attn.k_proj.weight']),
    );
    const expected = (await evaluateGraph(stored, inputs, read)).get('hidden_states')?.data ?? [];
    expect(relativeError(ofTokens(await statesOf(stored)), ofTokens(expected))).toBeLessThan(2e-5);
  });
});
