import { AiprodError } from '../../errors';
import {
  gemma3ConfigOfTensors,
  ltx2AudioVaeConfigOf,
  ltx2ConnectorsConfigOf,
  ltx2TransformerConfigOf,
  ltx2VocoderConfigOf,
  parseGemma3Config,
  parseOriginalMetadata,
  vaeConfigOf,
  type Gemma3Config,
  type OriginalMetadata,
  type TensorShapes,
} from '../../models';
import type { Tokenizer } from '../../text';
import {
  gemma3Parameters,
  ggufGemma3Config,
  isGgufGemma3,
  LTX2_AUDIO_VAE_NAMES,
  LTX2_CONNECTORS_NAMES,
  LTX2_TRANSFORMER_NAMES,
  LTX2_VOCODER_NAMES,
  ltxVaeNames,
  openWeightSet,
  parametersOf,
  recogniseArchitectures,
  renameParameters,
  type Architecture,
  type ParameterSource,
  type RenameRules,
  type WeightSet,
} from '../../weights';
import { assembleLtx2Model, LTX2_SCHEDULER } from './assemble-ltx2-model';
import type { OpenComponent } from './component-weights';
import { configWithField, findBeside, findTokenizer, folderOf, pathInTree, weightsPath, type PartLocation } from './model-parts';
import type { Ltx2Component, Ltx2Model } from './ltx2-model';

/** Where the parts of an LTX-2 model lie that is no folder in diffusers layout. */
export interface Ltx2CheckpointLocation {
  /** The transformer, and in an original single file everything but the text encoder; or a GGUF transformer. */
  readonly checkpoint: PartLocation;
  /** The single file that holds what the checkpoint lacks: connectors, VAEs, vocoder. Found beside the checkpoint when absent. */
  readonly rest?: PartLocation;
  /** Gemma 3 with its tokenizer: a folder or a file; found beside the checkpoint when absent. */
  readonly textEncoder?: PartLocation;
}

type OfficialPart = Exclude<Ltx2Component, 'text_encoder'>;

/** What a file is recognised by to hold a part, and the part's official names. */
const PARTS: Readonly<Record<OfficialPart, { readonly kind: Architecture['kind']; readonly names: RenameRules }>> = {
  transformer: { kind: 'ltx2-transformer', names: LTX2_TRANSFORMER_NAMES },
  connectors: { kind: 'ltx2-connectors', names: LTX2_CONNECTORS_NAMES },
  vae: { kind: 'ltx-vae', names: ltxVaeNames('2.0') },
  audio_vae: { kind: 'ltx2-audio-vae', names: LTX2_AUDIO_VAE_NAMES },
  vocoder: { kind: 'ltx2-vocoder', names: LTX2_VOCODER_NAMES },
};

/** A part of a file in official layout. */
interface OfficialComponent extends OpenComponent {
  readonly shapes: TensorShapes;
  readonly metadata: OriginalMetadata;
}

/**
 * Opens an LTX-2 model, 2.0 or 2.3, from an original single file, or from a transformer of its own (fp8 or GGUF) with such a file
 * beside it. The text encoder, Gemma 3, is a folder or file of its own. What it is, is told by metadata and tensors.
 *
 * @throws AiprodError 'bad-weights' when a part is missing, with where to get it, or contradicts itself; 'unsupported-model' when it
 *   is another model.
 */
export async function openLtx2Checkpoint(location: Ltx2CheckpointLocation, name: string): Promise<Ltx2Model> {
  const sets: WeightSet[] = [];
  const opened = async ({ tree, path }: PartLocation): Promise<WeightSet> => {
    const set = await openWeightSet(tree, path);
    sets.push(set);
    return set;
  };
  try {
    const checkpoint = await opened(location.checkpoint);
    const kinds = kindsOf(checkpoint);
    if (!kinds.has('ltx2-transformer')) throw noTransformer(checkpoint.name, kinds);
    const others = await restOf(location, kinds, opened);
    const part = (component: OfficialPart): OfficialComponent => {
      const { kind, names } = PARTS[component];
      const holder = kinds.has(kind) ? { set: checkpoint, tree: location.checkpoint.tree } : others;
      if (holder === undefined || !kindsOf(holder.set).has(kind)) throw missingPart(component, checkpoint.name);
      const source = renameParameters(parametersOf(holder.set), names);
      return { ...holder, source, shapes: shapesOf(source), metadata: parseOriginalMetadata(holder.set.metadata, holder.set.name) };
    };
    const transformer = part('transformer');
    const connectors = part('connectors');
    const vae = part('vae');
    const audioVae = part('audio_vae');
    const vocoder = part('vocoder');
    const textEncoder = await openGemma(location, checkpoint, opened);
    const components: Readonly<Record<Ltx2Component, OpenComponent>> = {
      ...{ transformer, connectors, vae, vocoder },
      audio_vae: audioVae,
      text_encoder: textEncoder,
    };
    const { metadata } = transformer;
    return await assembleLtx2Model({
      name,
      distilled: metadata.allowed_inference_steps ? true : /distill/i.test(location.checkpoint.path),
      textEncoder: textEncoder.config,
      connectors: ltx2ConnectorsConfigOf(connectors.shapes, connectors.metadata.transformer, textEncoder.config.hidden_size),
      transformer: ltx2TransformerConfigOf(transformer.shapes, metadata.transformer),
      vae: vaeConfigOf(vae.shapes, vae.metadata.vae, 'ltx-2'),
      audioVae: ltx2AudioVaeConfigOf(audioVae.shapes, audioVae.metadata.audio_vae),
      vocoder: ltx2VocoderConfigOf(vocoder.shapes, vocoder.metadata.vocoder),
      tokenizer: textEncoder.tokenizer,
      scheduler: { className: 'FlowMatchEulerDiscreteScheduler', config: LTX2_SCHEDULER },
      open: (component) => Promise.resolve(components[component]),
    });
  } catch (error) {
    for (const set of new Set(sets)) await set.close();
    throw error;
  }
}

function shapesOf(source: ParameterSource): TensorShapes {
  return { name: source.name, shapes: new Map([...source.names()].map((tensor) => [tensor, source.shape(tensor)])) };
}

function kindsOf(set: WeightSet): Set<Architecture['kind']> {
  return new Set(recogniseArchitectures(shapesOf(parametersOf(set)).shapes).map(({ kind }) => kind));
}

/** The file that holds what a checkpoint of the transformer alone lacks. */
async function restOf(
  location: Ltx2CheckpointLocation,
  kinds: ReadonlySet<Architecture['kind']>,
  opened: (part: PartLocation) => Promise<WeightSet>,
): Promise<Pick<OpenComponent, 'set' | 'tree'> | undefined> {
  if (Object.values(PARTS).every(({ kind }) => kinds.has(kind))) return undefined;
  const place = location.rest ?? (await findBeside(location.checkpoint, ['vae'], /ltx-?2|vae/i));
  return place === undefined ? undefined : { set: await opened(place), tree: place.tree };
}

/** Gemma 3, its configuration and its tokenizer. */
async function openGemma(
  { checkpoint, textEncoder }: Ltx2CheckpointLocation,
  set: WeightSet,
  opened: (part: PartLocation) => Promise<WeightSet>,
): Promise<OpenComponent & { readonly config: Gemma3Config; readonly tokenizer: Tokenizer }> {
  const place = textEncoder ?? (await findBeside(checkpoint, ['text_encoder', 'text_encoders'], /gemma/i));
  if (place === undefined) {
    throw new AiprodError('bad-weights', 'the model has no text encoder', {
      where: set.name,
      expected: 'Gemma 3 in a folder text_encoder beside the file, or --text-encoder PATH',
      found: 'neither',
      hint: 'Take text_encoder and tokenizer of Lightricks/LTX-2, or a folder or file of Gemma 3 12B',
    });
  }
  const { tree } = place;
  const encoder = await opened({ tree, path: await weightsPath(place) });
  const stored = parametersOf(encoder);
  const source = gemma3Parameters(stored);
  const folder = folderOf(pathInTree(tree, encoder.files[0].name));
  const own = await configWithField(tree, folder, ['text_config', 'num_hidden_layers']);
  const config =
    own !== undefined
      ? parseGemma3Config(own, `${tree.name}/${folder}`)
      : isGgufGemma3(stored.names())
        ? parseGemma3Config(ggufGemma3Config(encoder.metadata, stored), encoder.name)
        : gemma3ConfigOfTensors(shapesOf(source));
  const places = [
    { tree, path: folder },
    { tree, path: folderOf(folder) },
    { tree: checkpoint.tree, path: folderOf(checkpoint.path) },
  ];
  const tokenizer = await findTokenizer(places, encoder.name, 'Put tokenizer.json of Gemma 3 into the folder of the text encoder');
  return { set: encoder, tree, source, config, tokenizer };
}

function noTransformer(where: string, kinds: ReadonlySet<string>): AiprodError {
  return new AiprodError('unsupported-model', 'the file holds no LTX-2 transformer', {
    where,
    expected: 'an LTX-2 checkpoint, 2.0 or 2.3',
    found: kinds.size === 0 ? 'nothing that is recognised' : [...kinds].join(', '),
    hint: 'See what a file holds with: aiprod models inspect FILE',
  });
}

function missingPart(part: OfficialPart, where: string): AiprodError {
  return new AiprodError('bad-weights', `the model has no ${part.replace('_', ' ')}`, {
    where,
    expected: `the ${part.replace('_', ' ')} in the file, or in one single file of LTX-2 beside it`,
    found: 'neither',
    hint: "Take the release's own single file (Lightricks/LTX-2), which holds it",
  });
}
