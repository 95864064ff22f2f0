import { AiprodError } from '../errors';
import {
  fuseLoras,
  liveLoras,
  LTX_TRANSFORMER_NAMES,
  openWeightSet,
  parametersOf,
  readJsonObject,
  readLora,
  joinPath,
  type FileTree,
  type Lora,
} from '../weights';
import { weightAccess } from './opening/component-weights';
import { folderOf, pathInTree, type PartLocation } from './opening/model-parts';
import { requireLtxVideo, type VideoModel } from './model-family';
import type { LtxModel } from './opening/ltx-model';
import { fingerprintFile } from './recipe';

/** A LoRA whose file is open and fits a model. */
export interface OpenLora {
  /** As it was asked for; for messages and recipes. */
  readonly name: string;
  readonly lora: Lora;
  /** Of its file. */
  readonly fingerprint: string;
  close(): Promise<void>;
}

/** PEFT's configuration of an adapter, beside its weights. */
const ADAPTER_CONFIG = 'adapter_config.json';

/**
 * Opens a LoRA for a model's transformer: a file, or a folder as PEFT saves one.
 *
 * @throws AiprodError 'bad-weights' when it does not fit the model, 'unsupported-model' when it is an adapter of another kind.
 */
export async function openLora({ tree, path }: PartLocation, base: VideoModel, name: string): Promise<OpenLora> {
  const model = requireLtxVideo(base, 'LoRAs');
  const set = await openWeightSet(tree, path);
  try {
    const base = await model.parameters('transformer');
    const weights = new Map(
      [...base.names()]
        .map((weight) => [weight, base.shape(weight)] as const)
        .filter(([weight, shape]) => shape.length === 2 && weight.endsWith('.weight')),
    );
    const config = joinPath(/\.\w+$/.test(path) ? folderOf(path) : path, ADAPTER_CONFIG);
    const adapterConfig = (await tree.list()).includes(config) ? await readJsonObject(tree, config) : undefined;
    const source = { ...parametersOf(set), metadata: set.metadata, ...(adapterConfig === undefined ? {} : { adapterConfig }) };
    const lora = await readLora(source, { weights, renaming: LTX_TRANSFORMER_NAMES });
    return { name, lora, fingerprint: await fingerprintOf(tree, pathInTree(tree, set.files[0].name)), close: () => set.close() };
  } catch (error) {
    await set.close();
    throw error;
  }
}

/** How LoRAs are added to a model: beside its layers, or to the weights while these are read. */
export type LoraMode = 'live' | 'fused';

/**
 * A model with LoRAs. Live ones leave the weights alone, so that these may be of any type, and cost two thin products a layer; fused
 * ones cost nothing while generating, but change weights to f32 when they are read. The base stays usable by itself; closing the
 * LoRAs' files is up to whoever opened them.
 */
export async function withLoras<Model extends VideoModel>(
  model: Model,
  loras: readonly { readonly opened: OpenLora; readonly scale: number }[],
  mode: LoraMode = 'live',
): Promise<Model | LtxModel> {
  if (loras.length === 0) return model;
  return withOpenLoras(requireLtxVideo(model, 'LoRAs'), loras, mode);
}

async function withOpenLoras(
  model: LtxModel,
  loras: readonly { readonly opened: OpenLora; readonly scale: number }[],
  mode: LoraMode,
): Promise<LtxModel> {
  const base = await model.parameters('transformer');
  const applied = loras.map(({ opened, scale }) => ({ lora: opened.lora, scale }));
  const live = mode === 'live' ? liveLoras(base, applied) : undefined;
  if (live !== undefined && model.liveLoras.adapters.length > 0) {
    throw new AiprodError('internal', 'live LoRAs are added to a model once, all together');
  }
  const transformer = live?.source ?? fuseLoras(base, applied);
  const factors = [...new Set(applied.flatMap(({ lora }) => lora.referenceDownscaleFactor ?? []))];
  if (factors.length > 1) {
    throw new AiprodError('bad-input', 'these LoRAs want reference videos of different sizes', {
      expected: 'one downscale factor',
      found: factors.join(' and '),
      hint: 'Use one IC-LoRA at a time',
    });
  }
  return {
    ...model,
    traits: factors.length === 0 ? model.traits : { ...model.traits, referenceDownscaleFactor: factors[0] },
    ...weightAccess((component) => (component === 'transformer' ? Promise.resolve(transformer) : model.parameters(component))),
    stored: (component) => (component === 'transformer' ? transformer : model.stored(component)),
    liveLoras: live ?? model.liveLoras,
    loras: [...model.loras, ...loras.map(({ opened, scale }) => ({ name: opened.name, fingerprint: opened.fingerprint, scale, mode }))],
    fingerprints: async () => ({
      ...(await model.fingerprints()),
      ...Object.fromEntries(loras.map(({ opened }) => [opened.name, opened.fingerprint])),
    }),
  };
}

async function fingerprintOf(tree: FileTree, path: string): Promise<string> {
  const source = await tree.open(path);
  if (source === undefined) throw new AiprodError('bad-weights', 'the LoRA vanished while it was in use', { where: path });
  try {
    return await fingerprintFile(source);
  } finally {
    await source.close?.();
  }
}
