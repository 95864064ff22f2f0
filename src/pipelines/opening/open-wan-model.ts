import { AiprodError } from '../../errors';
import { parseTextEncoderConfig } from '../../models';
import { openTokenizer } from '../../text';
import { openModelFolder, parametersOf, t5Parameters, type FileTree, type JsonObject, type WeightSet } from '../../weights';
import { assembleWanModel, WAN_DEFAULTS, WAN_SEQUENCE_LENGTH } from './assemble-wan-model';
import type { OpenComponent } from './component-weights';
import type { PartLocation } from './model-parts';
import { folderSettings } from './own-settings';
import type { OnnxTextEncoder, T5OrOnnx } from './text-encoder';
import type { WanComponent, WanModel } from './wan-model';
import { imageEncoderOf, wanTransformerOf, wanVaeOf, type OpenPart } from './wan-parts';

/** Classes of diffusers' pipelines that save a Wan 2.1 model. */
export const WAN_PIPELINES = /^Wan(ImageToVideo|VideoToVideo)?Pipeline$/;

/**
 * Opens a Wan 2.1 model from a folder in diffusers layout, of which the transformer may be a GGUF file and parts may have their official
 * names. Reads configs, tokenizer and headers; weights are read when a pipeline needs them.
 *
 * @param other encodes prompts in place of the folder's text encoder, which is then not read
 * @throws AiprodError `unsupported-model` when the folder holds another family, `bad-weights` when a part is missing or broken.
 */
export async function openWanModel(tree: FileTree, name: string, other?: OnnxTextEncoder): Promise<WanModel> {
  const folder = await openModelFolder(tree);
  if (!WAN_PIPELINES.test(folder.pipelineClass)) {
    throw new AiprodError('unsupported-model', `${name} is not a model that this pipeline runs`, {
      expected: 'a Wan 2.1 model (WanPipeline, WanImageToVideoPipeline)',
      found: folder.pipelineClass,
    });
  }
  if (folder.components.has('transformer_2')) {
    throw new AiprodError('unsupported-model', 'the model has two transformers, one for high noise and one for low', {
      where: name,
      expected: 'a Wan 2.1 model',
      found: 'Wan 2.2',
    });
  }
  const { defaults, maxSequenceLength } = folderSettings(folder, { defaults: WAN_DEFAULTS, maxSequenceLength: WAN_SEQUENCE_LENGTH });
  const open: WeightSet[] = [];
  type OpenAs<Config> = (location: PartLocation, set: WeightSet, own: JsonObject) => Promise<OpenPart<Config> | undefined>;
  const part = async <Config>(component: WanComponent, openAs: OpenAs<Config>): Promise<OpenPart<Config>> => {
    const config = await folder.config(component);
    const set = await folder.weights(component);
    open.push(set);
    const found = await openAs({ tree, path: component }, set, config);
    if (found !== undefined) return found;
    throw new AiprodError('bad-weights', `the ${component} of the folder is none of Wan 2.1`, {
      where: set.name,
      hint: 'See what a file holds with: aiprod models inspect FILE',
    });
  };
  try {
    const umt5 = async (): Promise<{ readonly textEncoder: T5OrOnnx; readonly text: OpenComponent }> => {
      const [config, tokenizer] = await Promise.all([
        folder.config('text_encoder'),
        openTokenizer({
          name: `${name}/tokenizer`,
          readText: (file) => folder.readText('tokenizer', file),
          readBytes: (file) => folder.readBytes('tokenizer', file),
        }),
      ]);
      const set = await folder.weights('text_encoder');
      open.push(set);
      return {
        textEncoder: { kind: 't5', config: parseTextEncoderConfig(config, `${name}/text_encoder`), tokenizer },
        text: { set, tree, source: t5Parameters(parametersOf(set)) },
      };
    };
    const scheduler = await folder.config('scheduler');
    const { textEncoder, text } = other === undefined ? await umt5() : { textEncoder: other, text: undefined };
    const transformer = await part('transformer', wanTransformerOf);
    const vae = await part('vae', wanVaeOf);
    const imageEncoder = folder.components.has('image_encoder') ? await part('image_encoder', imageEncoderOf) : undefined;
    const components: Readonly<Record<WanComponent, OpenComponent | undefined>> = {
      transformer,
      vae,
      text_encoder: text,
      image_encoder: imageEncoder,
    };
    return await assembleWanModel({
      name,
      textEncoder,
      transformer: transformer.config,
      vae: vae.config,
      // A folder of text to video may name the encoder all the same.
      ...(imageEncoder === undefined || transformer.config.image_dim === null ? {} : { imageEncoder: imageEncoder.config }),
      maxSequenceLength,
      scheduler: { className: folder.components.get('scheduler')?.className ?? 'UniPCMultistepScheduler', config: scheduler },
      shift: shiftOf(scheduler),
      defaults,
      open(component) {
        const found = components[component];
        if (found === undefined) throw new AiprodError('internal', `the folder has no ${component}`);
        return Promise.resolve(found);
      },
    });
  } catch (error) {
    for (const set of open) await set.close();
    throw error;
  }
}

/** The shift that a scheduler's config says, by either class's name for it. */
function shiftOf({ flow_shift, shift }: JsonObject): { readonly usual: number } {
  const usual = [flow_shift, shift].find((value) => typeof value === 'number');
  return { usual: usual ?? 1 };
}
