import { z } from 'zod';
import { AiprodError } from '../errors';
import { createScheduler } from '../diffusion';
import { compressionRatios, parseLtxTransformerConfig, parseLtxVaeConfig, parseTextEncoderConfig } from '../models';
import { openTokenizer } from '../text';
import {
  checkParameters,
  openModelFolder,
  parametersOf,
  type FileTree,
  type ModelFolder,
  type ParameterSource,
  type WeightSet,
} from '../weights';
import type { ModelTraits } from './job';
import { ltxComponents, type LtxComponent, type LtxModel } from './ltx-model';
import { fingerprintFile } from './recipe';
import { dynamicShift } from './schedules';

/** Settings a model folder may carry for us in model_index.json under `_aiprod`. */
const ownSettingsSchema = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  numFrames: z.int().positive(),
  frameRate: z.number().positive(),
  steps: z.int().positive(),
  guidanceScale: z.number().min(0),
  maxSequenceLength: z.int().min(2).max(4096),
});

/** The LTX pipeline's defaults, for folders without settings of ours. */
const ltxDefaults: z.output<typeof ownSettingsSchema> = {
  width: 704,
  height: 512,
  numFrames: 161,
  frameRate: 25,
  steps: 50,
  guidanceScale: 3,
  maxSequenceLength: 128,
};

/**
 * Opens an LTX-Video model from a folder in diffusers layout. Reads configs and tokenizer; weights are read when a pipeline
 * needs them.
 *
 * @throws AiprodError `unsupported-model` when the folder holds another family, `bad-weights` when a part is missing or broken.
 */
export async function openLtxModel(tree: FileTree, name: string): Promise<LtxModel> {
  const folder = await openModelFolder(tree);
  if (!/^LTX(Condition|ImageToVideo)?Pipeline$/.test(folder.pipelineClass)) {
    throw new AiprodError('unsupported-model', `${name} is not a model that this pipeline runs`, {
      expected: 'an LTX-Video model (LTXPipeline)',
      found: folder.pipelineClass,
    });
  }
  const settings = ownSettings(folder);
  const [textEncoder, transformer, vae, schedulerConfig, tokenizer] = await Promise.all([
    folder.config('text_encoder').then((config) => parseTextEncoderConfig(config, `${name}/text_encoder`)),
    folder.config('transformer').then((config) => parseLtxTransformerConfig(config, `${name}/transformer`)),
    folder.config('vae').then((config) => parseLtxVaeConfig(config, `${name}/vae`)),
    folder.config('scheduler'),
    openTokenizer({
      name: `${name}/tokenizer`,
      readText: (file) => folder.readText('tokenizer', file),
      readBytes: (file) => folder.readBytes('tokenizer', file),
    }),
  ]);
  const schedulerClass = folder.components.get('scheduler')?.className ?? 'FlowMatchEulerDiscreteScheduler';
  const { spatial, temporal } = compressionRatios(vae);
  const weights = new Map<LtxComponent, Promise<WeightSet>>();
  const weightsOf = (component: LtxComponent): Promise<WeightSet> => {
    const opening = weights.get(component) ?? folder.weights(component);
    weights.set(component, opening);
    opening.catch(() => weights.delete(component));
    return opening;
  };
  const sources = new Map<LtxComponent, Promise<ParameterSource>>();
  const sourceOf = (component: LtxComponent): Promise<ParameterSource> => {
    const source = sources.get(component) ?? weightsOf(component).then(parametersOf);
    sources.set(component, source);
    source.catch(() => sources.delete(component));
    return source;
  };
  let fingerprints: Promise<Record<string, string>> | undefined;
  return {
    name,
    textEncoder,
    transformer,
    vae,
    tokenizer,
    maxSequenceLength: settings.maxSequenceLength,
    scheduler: createScheduler(schedulerClass, schedulerConfig),
    dynamicShift: dynamicShift(schedulerConfig),
    traits: traitsOf(settings, spatial * transformer.patch_size, temporal * transformer.patch_size_t),
    weightBytes: await weightBytes(weightsOf),
    reader: (component) => async (parameter) => (await sourceOf(component)).load(parameter),
    async check(component, wanted) {
      checkParameters(await sourceOf(component), wanted, () => true);
    },
    fingerprints() {
      fingerprints ??= fingerprintWeights(tree, weightsOf);
      return fingerprints;
    },
    async close() {
      await Promise.all([...weights.values()].map(async (set) => (await set).close()));
    },
  };
}

function ownSettings(folder: ModelFolder): z.output<typeof ownSettingsSchema> {
  if (folder.index._aiprod === undefined) return ltxDefaults;
  const parsed = ownSettingsSchema.safeParse(folder.index._aiprod);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-weights', `the settings of the model are not valid: ${issue.message}`, {
    where: `${folder.name}/model_index.json, _aiprod.${issue.path.join('.')}`,
  });
}

function traitsOf(settings: z.output<typeof ownSettingsSchema>, sizeMultiple: number, frameMultiple: number): ModelTraits {
  const { width, height, numFrames, frameRate, steps, guidanceScale } = settings;
  return { defaults: { width, height, frames: numFrames, frameRate, steps, guidanceScale }, sizeMultiple, frameMultiple };
}

async function weightBytes(weightsOf: (component: LtxComponent) => Promise<WeightSet>): Promise<number> {
  const sets = await Promise.all(ltxComponents.map(weightsOf));
  return sets.reduce((sum, set) => sum + [...set.tensors.values()].reduce((bytes, tensor) => bytes + tensor.byteLength, 0), 0);
}

/** Hashes the weight files of every component. */
async function fingerprintWeights(
  tree: FileTree,
  weightsOf: (component: LtxComponent) => Promise<WeightSet>,
): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  // A tree on a web server has a slash at the end of its name already.
  const prefix = tree.name.endsWith('/') ? tree.name : `${tree.name}/`;
  for (const component of ltxComponents) {
    for (const file of (await weightsOf(component)).files) {
      const path = file.name.startsWith(prefix) ? file.name.slice(prefix.length) : file.name;
      const source = await tree.open(path);
      if (source === undefined) throw new AiprodError('bad-weights', 'a weight file vanished while it was in use', { where: path });
      try {
        result[path] = await fingerprintFile(source);
      } finally {
        await source.close?.();
      }
    }
  }
  return result;
}
