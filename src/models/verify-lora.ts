import { z } from 'zod';
import { AiprodError } from '../errors';
import { compareOutputs, type Comparison, type GoldenTensor } from '../golden';
import { adaptableWeights, addLowRankBranches, pickRows } from '../graph';
import { bytesOf, fuseLoras, liveLoras, LTX_TRANSFORMER_NAMES, readLora, type Lora, type ParameterSource } from '../weights';
import { caseParams, floatResults, type WeightReader } from './verify-case';
import { transformerOf, type Recipe } from './verify-run';

/** How the names of fused weights begin among the outputs. */
const FUSED = 'fused.';

/**
 * Recipe `lora_fuse`: an adapter added to a transformer's weights, and the prediction with them. The prediction is computed with
 * the adapter live, too, and all of it once more for each file `lora_*` that holds the same adapter under other names.
 */
export const verifyLora: Recipe = async (golden, run, options) => {
  const { scale } = caseParams(golden, z.object({ scale: z.number() }));
  const base = sourceOf(`${golden.name} weights`, await golden.openWeights('model'));
  const { model, inputs } = transformerOf(golden, options);
  const targets = { parameters: adaptableWeights(model.graph), renaming: LTX_TRANSFORMER_NAMES };
  const comparisons: Comparison[] = [];
  for (const [file, reader] of [['', await golden.openWeights('lora')] as const, ...(await golden.openOthers('lora_'))]) {
    const lora = await readLora(sourceOf(file === '' ? `${golden.name} lora` : file, reader), targets);
    requireSameLayers(golden.name, lora, golden.outputs);
    const loras = [{ lora, scale }];
    const fused = fuseLoras(base, loras);
    const actual = floatResults(await run(model.graph, inputs, fused.load));
    for (const weight of lora.ranks.keys()) actual.set(`${FUSED}${weight}`, await fused.load(weight));
    const live = liveLoras(base, loras);
    const branched = addLowRankBranches(model.graph, live.adapters);
    const beside = floatResults(await run(branched, { ...inputs, ...live.inputs }, live.source.load));
    comparisons.push(...labelled(compareOutputs(golden, actual), file));
    const predictions = new Map([...golden.outputs].filter(([name]) => beside.has(name)));
    comparisons.push(...labelled(compareOutputs({ ...golden, outputs: predictions }, beside), file === '' ? 'live' : `${file}, live`));
  }
  return comparisons;
};

function labelled(comparisons: readonly Comparison[], label: string): Comparison[] {
  return comparisons.map((comparison) => (label === '' ? comparison : { ...comparison, name: `${comparison.name} (${label})` }));
}

/** The adapter must change exactly the weights that the case has fused. */
function requireSameLayers(where: string, lora: Lora, outputs: ReadonlyMap<string, GoldenTensor>): void {
  const expected = [...outputs.keys()].filter((name) => name.startsWith(FUSED)).map((name) => name.slice(FUSED.length));
  const missing = expected.filter((weight) => !lora.ranks.has(weight));
  if (missing.length === 0 && lora.ranks.size === expected.length) return;
  throw new AiprodError('check-failed', `the adapter ${lora.name} changes other weights than the reference`, {
    where,
    expected: `${expected.length} weights`,
    found: `${lora.ranks.size} weights, without ${missing.slice(0, 5).join(', ') || 'none of them'}`,
  });
}

/** A case's weights as the weights room takes them. */
function sourceOf(name: string, reader: WeightReader): ParameterSource {
  const names = new Set(reader.names);
  const load = async (key: string): Promise<Float32Array<ArrayBuffer>> => new Float32Array(await reader.read(key));
  return {
    name,
    names: () => names,
    has: (key) => names.has(key),
    shape: (key) => reader.shape(key),
    dtype: () => 'F32',
    encoding: () => ({ encoding: 'f32' }),
    stored: async (key) => ({ encoding: 'f32', shape: reader.shape(key), bytes: new Uint8Array(bytesOf(await load(key))) }),
    read: async (key) => ({ dtype: 'F32', shape: reader.shape(key), bytes: new Uint8Array(bytesOf(await load(key))) }),
    load,
    loadRows: async (key, rows) => pickRows(await load(key), rows, reader.shape(key)[1]),
  };
}
