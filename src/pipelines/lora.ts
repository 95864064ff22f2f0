import { AiprodError } from '../errors';
import {
  fuseLoras,
  liveLoras,
  LTX2_CONNECTORS_NAMES,
  LTX2_TRANSFORMER_NAMES,
  LTX_TRANSFORMER_NAMES,
  openWeightSet,
  parametersOf,
  readJsonObject,
  readLora,
  joinPath,
  WAN_TRANSFORMER_NAMES,
  type FileTree,
  type Lora,
  type LoraSource,
  type LoraTargets,
  type ParameterSource,
} from '../weights';
import type { VideoModel } from './model-family';
import { weightAccess } from './opening/component-weights';
import { folderOf, pathInTree, shapesOf, type PartLocation } from './opening/model-parts';
import type { ModelWeights } from './opening/model-weights';
import { fingerprintFile } from './recipe';
import type { PartLoras, UsedLora } from './stage-loras';

/** A LoRA whose file is open and fits a model. */
export interface OpenLora {
  /** As it was asked for; for messages and recipes. */
  readonly name: string;
  /** Of the transformer's layers; absent where it changes none of them. */
  readonly lora?: Lora;
  /** Of the text connectors' layers (LTX-2). */
  readonly connectors?: Lora;
  /** Of its file. */
  readonly fingerprint: string;
  close(): Promise<void>;
}

/** PEFT's configuration of an adapter, beside its weights. */
const ADAPTER_CONFIG = 'adapter_config.json';

/** Names of the text connectors' layers in a LoRA of LTX-2, official or of diffusers. */
const CONNECTOR_NAMES = /(^|\.)(text_embedding_projection|(video|audio)_embeddings_connector|(video|audio)_connector|\w*text_proj_in)\./;

/**
 * Opens a LoRA for a model: a file, or a folder as PEFT saves one. It may change the transformer, and of LTX-2 the text connectors too.
 *
 * @throws AiprodError 'bad-weights' when it does not fit the model, 'unsupported-model' when it is an adapter of another kind.
 */
export async function openLora({ tree, path }: PartLocation, base: VideoModel, name: string): Promise<OpenLora> {
  const set = await openWeightSet(tree, path);
  try {
    const config = joinPath(/\.\w+$/.test(path) ? folderOf(path) : path, ADAPTER_CONFIG);
    const adapterConfig = (await tree.list()).includes(config) ? await readJsonObject(tree, config) : undefined;
    const source = { ...parametersOf(set), metadata: set.metadata, ...(adapterConfig === undefined ? {} : { adapterConfig }) };
    const fingerprint = await fingerprintOf(tree, pathInTree(tree, set.files[0].name));
    const opened = { name, fingerprint, close: () => set.close() };
    if (!('connectors' in base)) {
      const renaming = base.family === 'wan' ? WAN_TRANSFORMER_NAMES : LTX_TRANSFORMER_NAMES;
      return { ...opened, lora: await readLora(source, await targetsIn(base, 'transformer', renaming)) };
    }
    const connectors = namesOf(source, (key) => CONNECTOR_NAMES.test(key));
    const transformer = namesOf(source, (key) => !CONNECTOR_NAMES.test(key));
    const ofConnectors = [...connectors.names()].length > 0;
    return {
      ...opened,
      ...(ofConnectors && [...transformer.names()].length === 0
        ? {}
        : { lora: await readLora(transformer, await targetsIn(base, 'transformer', LTX2_TRANSFORMER_NAMES)) }),
      ...(ofConnectors ? { connectors: await readLora(connectors, await targetsIn(base, 'connectors', LTX2_CONNECTORS_NAMES)) } : {}),
    };
  } catch (error) {
    await set.close();
    throw error;
  }
}

/** All parameters of a component, and how the original checkpoint's names become theirs. */
async function targetsIn(model: VideoModel, component: string, renaming: LoraTargets['renaming']): Promise<LoraTargets> {
  const all: ModelWeights<string> = model;
  return { parameters: shapesOf(await all.parameters(component)).shapes, renaming };
}

/** A LoRA's file with some of its names alone. */
function namesOf(source: LoraSource, takes: (name: string) => boolean): LoraSource {
  return { ...source, names: () => [...source.names()].filter(takes)[Symbol.iterator]() };
}

/** How LoRAs are added to a model: beside its layers, or to the weights while these are read. */
export type LoraMode = 'live' | 'fused';

/** A LoRA and how much of it is added; where a second stage refines, it may have its own share there. */
export interface ScaledLora {
  readonly opened: OpenLora;
  readonly scale: number;
  readonly refineScale?: number;
}

/**
 * A model with LoRAs. Live ones leave the weights alone, so that these may be of any type, and cost two thin products a layer; fused
 * ones cost nothing while generating, but change weights to f32 when they are read. The base stays usable by itself; closing the
 * LoRAs' files is up to whoever opened them.
 */
export async function withLoras<Model extends VideoModel>(
  model: Model,
  loras: readonly ScaledLora[],
  mode: LoraMode = 'live',
): Promise<Model> {
  if (loras.length === 0) return model;
  if (mode === 'live' && model.liveLoras.adapters.length > 0) {
    throw new AiprodError('internal', 'live LoRAs are added to a model once, all together');
  }
  requireOneScale(loras, mode);
  const all: ModelWeights<string> = model;
  const transformer = await adapted(all, 'transformer', loras, ({ lora }) => lora, mode);
  const connectors = 'connectors' in model ? await adapted(all, 'connectors', loras, (opened) => opened.connectors, mode) : undefined;
  const sources = new Map<string, ParameterSource>([
    ['transformer', transformer.source],
    ...(connectors === undefined ? [] : [['connectors', connectors.source] as const]),
  ]);
  const factor = referenceFactor(loras);
  const used = loras.map(({ opened: { name, fingerprint }, scale, refineScale = scale }): UsedLora => ({
    name,
    fingerprint,
    scale,
    refineScale,
    mode,
  }));
  return {
    ...model,
    ...(factor === undefined ? {} : { traits: { ...model.traits, referenceDownscaleFactor: factor } }),
    ...weightAccess((component) => Promise.resolve(sources.get(component) ?? all.parameters(component))),
    stored: (component: string) => sources.get(component) ?? all.stored(component),
    ...(transformer.loras === undefined ? {} : { liveLoras: transformer.loras }),
    ...(connectors?.loras === undefined ? {} : { connectorLoras: connectors.loras }),
    loras: [...model.loras, ...used],
    fingerprints: async () => ({
      ...(await model.fingerprints()),
      ...Object.fromEntries(loras.map(({ opened }) => [opened.name, opened.fingerprint])),
    }),
  };
}

/** A component's weights with LoRAs in them or beside them. */
async function adapted(
  model: ModelWeights<string>,
  component: string,
  loras: readonly ScaledLora[],
  partOf: (opened: OpenLora) => Lora | undefined,
  mode: LoraMode,
): Promise<{ readonly source: ParameterSource; readonly loras?: PartLoras }> {
  const base = await model.parameters(component);
  // A LoRA that leaves the component alone keeps its place, by which it is known.
  const applied = loras.map(({ opened, scale }) => ({ lora: partOf(opened) ?? emptyLora(opened), scale }));
  if (mode === 'fused') return { source: fuseLoras(base, applied) };
  const { adapters, inputs, source } = liveLoras(base, applied);
  const acting = adapters.filter(({ ranks }) => ranks.size > 0);
  return { source, loras: { adapters: acting, inputs } };
}

function emptyLora({ name }: OpenLora): Lora {
  const changesNot = (weight: string) => Promise.reject(new AiprodError('internal', `the LoRA ${name} does not change ${weight}`));
  return {
    name,
    keyStyle: 'bare',
    ranks: new Map(),
    differences: new Set(),
    referenceDownscaleFactor: undefined,
    load: changesNot,
    loadDifference: changesNot,
  };
}

/** What is added to parameters while these are read is there in both stages. */
function requireOneScale(loras: readonly ScaledLora[], mode: LoraMode): void {
  const inWeights = ({ opened: { lora, connectors } }: ScaledLora): boolean =>
    mode === 'fused' || [lora, connectors].some((part) => part !== undefined && part.differences.size > 0);
  const found = loras.find((used) => used.scale !== (used.refineScale ?? used.scale) && inWeights(used));
  if (found === undefined) return;
  throw new AiprodError('bad-usage', 'LoRAs that are added to the weights act alike in both stages', {
    where: found.opened.name,
    expected: 'one scale',
    found: `${found.scale} and ${found.refineScale ?? found.scale}${mode === 'fused' ? '' : ', of a LoRA with whole differences of biases or norms'}`,
    hint: mode === 'fused' ? 'Add them live' : 'Give the LoRA one scale',
  });
}

/** The downscale factor of the IC-LoRAs among them. @throws AiprodError `bad-input` where they want different ones */
function referenceFactor(loras: readonly ScaledLora[]): number | undefined {
  const factors = [...new Set(loras.flatMap(({ opened }) => opened.lora?.referenceDownscaleFactor ?? []))];
  if (factors.length <= 1) return factors.at(0);
  throw new AiprodError('bad-input', 'these LoRAs want reference videos of different sizes', {
    expected: 'one downscale factor',
    found: factors.join(' and '),
    hint: 'Use one IC-LoRA at a time',
  });
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
