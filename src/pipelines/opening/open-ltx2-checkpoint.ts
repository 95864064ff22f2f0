import { AiprodError } from '../../errors';
import {
  gemma3ConfigOfTensors,
  ltx2AudioVaeConfigOf,
  ltx2ConnectorsConfigOf,
  ltx2TransformerConfigOf,
  ltx2VocoderConfigOf,
  parseGemma3Config,
  vaeConfigOf,
  type Gemma3Config,
} from '../../models';
import type { Tokenizer } from '../../text';
import { gemma3Parameters, ggufGemma3Config, isGgufGemma3, openWeightSet, parametersOf, type WeightSet } from '../../weights';
import { assembleLtx2Model, LTX2_SCHEDULER } from './assemble-ltx2-model';
import type { OpenComponent } from './component-weights';
import {
  configWithField,
  findBeside,
  findTokenizer,
  folderOf,
  kindsOf,
  pathInTree,
  shapesOf,
  weightsPath,
  type PartLocation,
} from './model-parts';
import type { Ltx2Component, Ltx2Model } from './ltx2-model';
import { findOfficialParts } from './ltx2-parts';

/** Where the parts of an LTX-2 model lie that is no folder in diffusers layout. */
export interface Ltx2CheckpointLocation {
  /** The transformer, and in an original single file everything but the text encoder; or a GGUF transformer. */
  readonly checkpoint: PartLocation;
  /** A file, or a folder of files, with what the checkpoint lacks: connectors, VAEs, vocoder. What is in none is found beside the checkpoint. */
  readonly rest?: PartLocation;
  /** Gemma 3 with its tokenizer: a folder or a file; found beside the checkpoint when absent. */
  readonly textEncoder?: PartLocation;
}

/**
 * Opens an LTX-2 model, 2.0 or 2.3, from an original single file, or from a transformer of its own (fp8 or GGUF) with such a file,
 * or one file a part, beside it. The text encoder, Gemma 3, is a folder or file of its own. What it is, is told by metadata and tensors.
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
    if (!kindsOf(checkpoint).has('ltx2-transformer')) throw noTransformer(checkpoint);
    const { rest } = location;
    const parts = await findOfficialParts(
      { checkpoint: { set: checkpoint, place: location.checkpoint }, ...(rest === undefined ? {} : { rest }) },
      opened,
    );
    const { transformer, connectors, vae, audio_vae: audioVae, vocoder } = parts;
    const textEncoder = await openGemma(location, checkpoint, opened);
    const components: Readonly<Record<Ltx2Component, OpenComponent>> = { ...parts, text_encoder: textEncoder };
    const { metadata } = transformer;
    return await assembleLtx2Model({
      name,
      distilled: metadata.allowed_inference_steps ? true : /distill/i.test(location.checkpoint.path),
      ...(metadata.allowed_inference_steps ? { sigmas: metadata.allowed_inference_steps } : {}),
      textEncoder: textEncoder.config,
      connectors: ltx2ConnectorsConfigOf(
        connectors.shapes,
        connectors.metadata.transformer ?? metadata.transformer,
        textEncoder.config.hidden_size,
      ),
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

/** Gemma 3, its configuration and its tokenizer. */
async function openGemma(
  { checkpoint, textEncoder }: Ltx2CheckpointLocation,
  set: WeightSet,
  opened: (part: PartLocation) => Promise<WeightSet>,
): Promise<OpenComponent & { readonly config: Gemma3Config; readonly tokenizer: Tokenizer }> {
  const place = textEncoder ?? (await findBeside(checkpoint, ['text_encoder', 'text_encoders'], /gemma/i));
  if (place === undefined) throw noTextEncoder(set.name, 'none of them');
  const { tree } = place;
  const encoder = await opened({ tree, path: await weightsPath(place) });
  const kinds = kindsOf(encoder);
  if (!kinds.has('gemma3-encoder'))
    throw noTextEncoder(encoder.name, kinds.size === 0 ? 'nothing that is recognised' : [...kinds].join(', '));
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

function noTextEncoder(where: string, found: string): AiprodError {
  return new AiprodError('bad-weights', 'the model has no text encoder', {
    where,
    expected: 'Gemma 3 in a folder text_encoder beside the file, or --text-encoder PATH',
    found,
    hint: 'Take text_encoder and tokenizer of Lightricks/LTX-2, or a folder or file of Gemma 3 12B',
  });
}

function noTransformer(set: WeightSet): AiprodError {
  const kinds = [...kindsOf(set)];
  return new AiprodError('unsupported-model', 'the file holds no LTX-2 transformer', {
    where: set.name,
    expected: 'an LTX-2 checkpoint, 2.0 or 2.3',
    found: kinds.length === 0 ? 'nothing that is recognised' : kinds.join(', '),
    hint: 'See what a file holds with: aiprod models inspect FILE',
  });
}
