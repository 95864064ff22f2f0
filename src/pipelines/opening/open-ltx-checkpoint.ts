import { AiprodError } from '../../errors';
import {
  parseLtxTransformerConfig,
  parseLtxVaeConfig,
  parseOriginalMetadata,
  transformerConfigOf,
  vaeConfigOf,
  type LtxTransformerConfig,
  type LtxVaeConfig,
  type OriginalMetadata,
} from '../../models';
import {
  LTX_TRANSFORMER_NAMES,
  ltxVaeNames,
  openWeightSet,
  parametersOf,
  recogniseArchitectures,
  renameParameters,
  type LtxVaeVersion,
  type ParameterSource,
  type WeightSet,
} from '../../weights';
import { assembleLtxModel } from './assemble-ltx-model';
import type { OpenComponent } from './component-weights';
import {
  configBeside,
  findBeside,
  folderOf,
  openTextEncoder,
  recognised,
  shapesOf,
  type OpenTextEncoder,
  type PartLocation,
} from './model-parts';
import type { LtxModel } from './ltx-model';
import { releaseOf } from './ltx-releases';
import type { T5OrOnnx, OnnxTextEncoder } from './text-encoder';
import { schedulerOf } from './original-scheduler';

/** Tokens of a prompt that the released models were trained with. */
const MAX_SEQUENCE_LENGTH = 128;

/** Where the parts of a model lie that is no folder in diffusers layout. */
export interface LtxCheckpointLocation {
  /** The transformer, and the VAE where it is in the same file: an original single file, GGUF, or a file of diffusers. */
  readonly checkpoint: PartLocation;
  /** The VAE, where it is a file of its own; found beside the checkpoint when absent. */
  readonly vae?: PartLocation;
  /** The T5 encoder with its tokenizer: a folder or a file; found in or beside the checkpoint when absent. Or another, opened. */
  readonly textEncoder?: PartLocation | OnnxTextEncoder;
}

/**
 * Opens an LTX-Video model from a checkpoint, 0.9.0 to 0.9.8, 2B or 13B. What it is, is told by its tensors and metadata; weights
 * are read when a pipeline needs them.
 *
 * @throws AiprodError 'bad-weights' when a part is missing, with where to get it, or contradicts itself; 'unsupported-model' when it
 *   is another model.
 */
export async function openLtxCheckpoint(location: LtxCheckpointLocation, name: string): Promise<LtxModel> {
  const open: WeightSet[] = [];
  const opened = async ({ tree, path }: PartLocation): Promise<WeightSet> => {
    const set = await openWeightSet(tree, path);
    open.push(set);
    return set;
  };
  try {
    const checkpoint = await opened(location.checkpoint);
    const transformer = await openTransformer(location.checkpoint, checkpoint);
    const vae = await openVae(location, checkpoint, opened);
    const encoder = await openEncoder(location, checkpoint);
    if (!('kind' in encoder)) open.push(encoder.set);
    const textEncoder: T5OrOnnx = 'kind' in encoder ? encoder : { kind: 't5', config: encoder.config, tokenizer: encoder.tokenizer };
    const { metadata } = transformer;
    const release = releaseOf({
      vae: vae.version,
      blocks: transformer.config.num_layers,
      fileName: location.checkpoint.path,
      ...(metadata.allowed_inference_steps ? { distilled: true } : {}),
    });
    const scheduler = schedulerOf(metadata.scheduler, release, checkpoint.name);
    const sigmas = metadata.allowed_inference_steps ?? release.defaults.sigmas;
    const { numFrames: frames, ...defaults } = release.defaults;
    const components: Readonly<Record<string, OpenComponent>> = {
      transformer,
      vae,
      ...('kind' in encoder ? {} : { text_encoder: encoder }),
    };
    return await assembleLtxModel({
      name,
      textEncoder,
      transformer: transformer.config,
      vae: vae.config,
      maxSequenceLength: MAX_SEQUENCE_LENGTH,
      scheduler: { className: 'FlowMatchEulerDiscreteScheduler', ...scheduler },
      decode: release.decode,
      defaults: { ...defaults, frames, ...(sigmas === undefined ? {} : { sigmas, steps: sigmas.length }) },
      keyframeTokens: release.keyframeTokens,
      open: (component) => Promise.resolve(components[component]),
    });
  } catch (error) {
    for (const set of new Set(open)) await set.close();
    throw error;
  }
}

interface OpenTransformer extends OpenComponent {
  readonly config: LtxTransformerConfig;
  readonly metadata: OriginalMetadata;
}

async function openTransformer({ tree, path }: PartLocation, set: WeightSet): Promise<OpenTransformer> {
  const stored = parametersOf(set);
  const found = recognised(stored, 'ltx-transformer');
  if (found === undefined) throw noTransformer(stored);
  const metadata = parseOriginalMetadata(set.metadata, set.name);
  // Names of diffusers stay under these rules, which only take prefixes off and other parts out.
  const source = renameParameters(stored, LTX_TRANSFORMER_NAMES);
  const own = found.naming === 'diffusers' ? await configBeside({ tree, path }) : undefined;
  const config =
    own === undefined
      ? transformerConfigOf(shapesOf(source), metadata.transformer)
      : parseLtxTransformerConfig(own, `${tree.name}/${path}`);
  return { source, set, tree, config, metadata };
}

interface OpenVae extends OpenComponent {
  readonly config: LtxVaeConfig;
  readonly version: LtxVaeVersion;
}

async function openVae(
  location: LtxCheckpointLocation,
  checkpoint: WeightSet,
  opened: (part: PartLocation) => Promise<WeightSet>,
): Promise<OpenVae> {
  const holdsVae = recognised(parametersOf(checkpoint), 'ltx-vae') !== undefined;
  const part = location.vae ?? (holdsVae ? location.checkpoint : await findBeside(location.checkpoint, ['vae'], /vae/i));
  if (part === undefined) throw noVae(checkpoint.name);
  const set = part === location.checkpoint ? checkpoint : await opened(part);
  const stored = parametersOf(set);
  const found = recognised(stored, 'ltx-vae');
  if (found === undefined) throw noVae(set.name);
  if (found.naming === 'official') {
    // A decoder without timestep may be of either generation: beside this transformer it is LTX-Video's.
    const version = found.version === '2.0' ? '0.9.5' : found.version;
    const source = renameParameters(stored, ltxVaeNames(version));
    const config = vaeConfigOf(shapesOf(source), parseOriginalMetadata(set.metadata, set.name).vae);
    return { source, set, tree: part.tree, config, version };
  }
  const source = renameParameters(stored, { prefixes: ['vae.', ''], rules: [] });
  const own = await configBeside(part);
  const config = own === undefined ? vaeConfigOf(shapesOf(source), undefined) : parseLtxVaeConfig(own, `${part.tree.name}/${part.path}`);
  const later = config.down_block_types[0] === 'LTXVideo095DownBlock3D';
  return { source, set, tree: part.tree, config, version: later ? '0.9.5' : config.timestep_conditioning ? '0.9.1' : '0.9.0' };
}

async function openEncoder(location: LtxCheckpointLocation, checkpoint: WeightSet): Promise<OpenTextEncoder | OnnxTextEncoder> {
  if (location.textEncoder !== undefined && 'kind' in location.textEncoder) return location.textEncoder;
  const stored = parametersOf(checkpoint);
  const holdsEncoder = recognised(stored, 't5-encoder') !== undefined;
  const part =
    location.textEncoder ??
    (holdsEncoder ? location.checkpoint : await findBeside(location.checkpoint, ['text_encoder', 'text_encoders'], /t5/i));
  if (part === undefined) throw noTextEncoder(checkpoint.name);
  return openTextEncoder(part, [{ tree: location.checkpoint.tree, path: folderOf(location.checkpoint.path) }]);
}

function noTransformer(source: ParameterSource): AiprodError {
  const kinds = recogniseArchitectures(shapesOf(source).shapes).map(({ kind }) => kind);
  return new AiprodError('unsupported-model', 'the file holds no LTX-Video transformer', {
    where: source.name,
    expected: 'an LTX-Video checkpoint, 0.9.0 to 0.9.8',
    found: kinds.length === 0 ? 'nothing that is recognised' : kinds.join(', '),
    hint: 'See what a file holds with: aiprod models inspect FILE',
  });
}

function noVae(where: string): AiprodError {
  return new AiprodError('bad-weights', 'the model has no VAE', {
    where,
    expected: 'a VAE in the file, a folder vae beside it, or --vae FILE',
    found: 'none of them',
    hint: "Take the VAE of the same release, e.g. the release's own single file (Lightricks/LTX-Video), which holds it",
  });
}

function noTextEncoder(where: string): AiprodError {
  return new AiprodError('bad-weights', 'the model has no text encoder', {
    where,
    expected: 'a T5 encoder in a folder text_encoder beside the file, or --text-encoder PATH',
    found: 'neither',
    hint: 'Take the encoder of T5 1.1 XXL: text_encoder and tokenizer of Lightricks/LTX-Video, or a t5xxl file and spiece.model of google/t5-v1_1-xxl',
  });
}
