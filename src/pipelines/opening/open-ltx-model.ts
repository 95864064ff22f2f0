import { AiprodError } from '../../errors';
import { parseLtxTransformerConfig, parseLtxVaeConfig, parseTextEncoderConfig } from '../../models';
import { openTokenizer } from '../../text';
import {
  LTX_TRANSFORMER_NAMES,
  ltxVaeNames,
  ltxVaeVersion,
  openModelFolder,
  parametersOf,
  renameParameters,
  t5Parameters,
  type FileTree,
  type ModelFolder,
  type ParameterSource,
} from '../../weights';
import { assembleLtxModel } from './assemble-ltx-model';
import { releasedDecodeSettings } from '../latent-codec';
import type { LtxComponent, LtxModel } from './ltx-model';
import type { T5OrOnnx, OnnxTextEncoder } from './text-encoder';
import { folderSettings, type FolderSettings } from './own-settings';

/** The LTX pipeline's defaults, for folders without settings of ours. */
const ltxDefaults: FolderSettings = {
  defaults: { width: 704, height: 512, frames: 161, frameRate: 25, steps: 50, guidanceScale: 3 },
  maxSequenceLength: 128,
};

/**
 * Opens an LTX-Video model from a folder in diffusers layout. Reads configs and tokenizer; weights are read when a pipeline
 * needs them.
 *
 * @param other encodes prompts in place of the folder's text encoder, which is then not read
 * @throws AiprodError `unsupported-model` when the folder holds another family, `bad-weights` when a part is missing or broken.
 */
export async function openLtxModel(tree: FileTree, name: string, other?: OnnxTextEncoder): Promise<LtxModel> {
  const folder = await openModelFolder(tree);
  if (!/^LTX(Condition|ImageToVideo)?Pipeline$/.test(folder.pipelineClass)) {
    throw new AiprodError('unsupported-model', `${name} is not a model that this pipeline runs`, {
      expected: 'an LTX-Video model (LTXPipeline)',
      found: folder.pipelineClass,
    });
  }
  const { defaults, maxSequenceLength } = folderSettings(folder, ltxDefaults);
  const [textEncoder, transformer, vae, schedulerConfig] = await Promise.all([
    other ?? t5Of(folder, name),
    folder.config('transformer').then((config) => parseLtxTransformerConfig(config, `${name}/transformer`)),
    folder.config('vae').then((config) => parseLtxVaeConfig(config, `${name}/vae`)),
    folder.config('scheduler'),
  ]);
  return assembleLtxModel({
    name,
    textEncoder,
    transformer,
    vae,
    maxSequenceLength,
    scheduler: {
      className: folder.components.get('scheduler')?.className ?? 'FlowMatchEulerDiscreteScheduler',
      config: schedulerConfig,
      sampler: 'uniform',
    },
    decode: releasedDecodeSettings,
    defaults,
    keyframeTokens: folder.pipelineClass === 'LTXConditionPipeline',
    async open(component) {
      const set = await folder.weights(component);
      return { set, tree, source: namedAsInDiffusers(component, parametersOf(set)) };
    },
  });
}

/** A folder may hold files of other origin: original names, as GGUF has them, and for T5 those of llama.cpp. Names of diffusers stay. */
function namedAsInDiffusers(component: LtxComponent, stored: ParameterSource): ParameterSource {
  switch (component) {
    case 'text_encoder':
      return t5Parameters(stored);
    case 'transformer':
      return renameParameters(stored, LTX_TRANSFORMER_NAMES);
    case 'vae': {
      const version = ltxVaeVersion(new Map([...stored.names()].map((name) => [name, stored.shape(name)])));
      // A decoder without timestep may be of either generation: here it is LTX-Video's.
      return version === undefined ? stored : renameParameters(stored, ltxVaeNames(version === '2.0' ? '0.9.5' : version));
    }
  }
}

async function t5Of(folder: ModelFolder, name: string): Promise<T5OrOnnx> {
  const [config, tokenizer] = await Promise.all([
    folder.config('text_encoder').then((value) => parseTextEncoderConfig(value, `${name}/text_encoder`)),
    openTokenizer({
      name: `${name}/tokenizer`,
      readText: (file) => folder.readText('tokenizer', file),
      readBytes: (file) => folder.readBytes('tokenizer', file),
    }),
  ]);
  return { kind: 't5', config, tokenizer };
}
