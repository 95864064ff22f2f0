import { AiprodError } from '../../errors';
import { openWeightSet, parametersOf, type WeightSet } from '../../weights';
import { assembleWanModel, WAN_DEFAULTS, WAN_SCHEDULER, WAN_SEQUENCE_LENGTH, WAN_SHIFT } from './assemble-wan-model';
import type { OpenComponent } from './component-weights';
import { findBeside, folderOf, openTextEncoder, recognised, type OpenTextEncoder, type PartLocation } from './model-parts';
import type { OnnxTextEncoder, T5OrOnnx } from './text-encoder';
import type { WanModel } from './wan-model';
import { imageEncoderOf, wanTransformerOf, wanVaeOf } from './wan-parts';

/** Where the parts of a model lie that is no folder in diffusers layout. */
export interface WanCheckpointLocation {
  /** The transformer: an official file, one of ComfyUI or Kijai, a GGUF file, or a file of diffusers. */
  readonly checkpoint: PartLocation;
  /** The VAE; found beside the checkpoint when absent. */
  readonly vae?: PartLocation;
  /** UMT5 with its tokenizer: a folder or a file; found beside the checkpoint when absent. Or another, opened. */
  readonly textEncoder?: PartLocation | OnnxTextEncoder;
  /** CLIP's image encoder, which image to video needs; found beside the checkpoint when absent. */
  readonly imageEncoder?: PartLocation;
}

/** Whether a file holds a Wan transformer. */
export function holdsWanTransformer(set: WeightSet): boolean {
  return recognised(parametersOf(set), 'wan-transformer') !== undefined;
}

/** What a part is called, where it is looked for, and what can be taken. */
const PARTS = {
  vae: {
    what: 'VAE',
    folders: ['vae'],
    file: /vae/i,
    flag: '--vae FILE',
    hint: 'Take wan_2.1_vae.safetensors of Comfy-Org/Wan_2.1_ComfyUI_repackaged (Apache-2.0), or vae of Wan-AI/Wan2.1-T2V-1.3B-Diffusers',
  },
  textEncoder: {
    what: 'text encoder',
    folders: ['text_encoder', 'text_encoders'],
    file: /umt5/i,
    flag: '--text-encoder PATH',
    hint: 'Take umt5_xxl_fp16.safetensors of Comfy-Org/Wan_2.1_ComfyUI_repackaged (Apache-2.0), or text_encoder and tokenizer of Wan-AI/Wan2.1-T2V-1.3B-Diffusers',
  },
  imageEncoder: {
    what: 'image encoder',
    folders: ['image_encoder', 'clip_vision'],
    file: /clip/i,
    flag: '--image-encoder FILE',
    hint: 'Take clip_vision_h.safetensors of Comfy-Org/Wan_2.1_ComfyUI_repackaged, or image_encoder of Wan-AI/Wan2.1-I2V-14B-480P-Diffusers',
  },
} as const;

/**
 * Opens a Wan 2.1 model from a transformer's file, with its other parts beside it or where they are said to be. What it is, is told by
 * its tensors; weights are read when a pipeline needs them.
 *
 * @throws AiprodError 'bad-weights' when a part is missing, with where to get it; 'unsupported-model' when it is another model.
 */
export async function openWanCheckpoint(location: WanCheckpointLocation, name: string): Promise<WanModel> {
  const open: WeightSet[] = [];
  const opened = async ({ tree, path }: PartLocation): Promise<WeightSet> => {
    const set = await openWeightSet(tree, path);
    open.push(set);
    return set;
  };
  const partOf = async (part: keyof typeof PARTS, named: PartLocation | undefined, holds: boolean): Promise<PartLocation> => {
    const { what, folders, file, flag, hint } = PARTS[part];
    const found = named ?? (holds ? location.checkpoint : await findBeside(location.checkpoint, folders, file));
    if (found !== undefined) return found;
    throw new AiprodError('bad-weights', `the model has no ${what}`, {
      where: name,
      expected: `one in a folder ${folders[0]} or a file beside the transformer, or ${flag}`,
      found: await pickleBeside(location.checkpoint, file),
      hint,
    });
  };
  try {
    const checkpoint = await opened(location.checkpoint);
    const stored = parametersOf(checkpoint);
    const setOf = (part: PartLocation): Promise<WeightSet> => (part === location.checkpoint ? Promise.resolve(checkpoint) : opened(part));
    const transformer = await wanTransformerOf(location.checkpoint, checkpoint);
    if (transformer === undefined) throw holdsNone(checkpoint.name, 'transformer');
    const vaePart = await partOf('vae', location.vae, recognised(stored, 'wan-vae') !== undefined);
    const vae = await wanVaeOf(vaePart, await setOf(vaePart));
    if (vae === undefined) throw holdsNone(vaePart.path, 'VAE');
    const umt5 = async (named: PartLocation | undefined): Promise<OpenTextEncoder> => {
      const part = await partOf('textEncoder', named, recognised(stored, 'umt5-encoder') !== undefined);
      const encoder = await openTextEncoder(part, [{ tree: location.checkpoint.tree, path: folderOf(location.checkpoint.path) }]);
      open.push(encoder.set);
      return encoder;
    };
    const { textEncoder: wanted } = location;
    const encoder = wanted !== undefined && 'kind' in wanted ? wanted : await umt5(wanted);
    const textEncoder: T5OrOnnx = 'kind' in encoder ? encoder : { kind: 't5', config: encoder.config, tokenizer: encoder.tokenizer };
    let imageEncoder: Awaited<ReturnType<typeof imageEncoderOf>>;
    if (transformer.config.image_dim !== null) {
      const imagePart = await partOf('imageEncoder', location.imageEncoder, recognised(stored, 'clip-vision') !== undefined);
      imageEncoder = await imageEncoderOf(imagePart, await setOf(imagePart));
      if (imageEncoder === undefined) throw holdsNone(imagePart.path, 'image encoder');
    }
    const components: Readonly<Record<string, OpenComponent | undefined>> = {
      ...{ transformer, vae },
      text_encoder: 'kind' in encoder ? undefined : encoder,
      image_encoder: imageEncoder,
    };
    return await assembleWanModel({
      name,
      textEncoder,
      transformer: transformer.config,
      vae: vae.config,
      ...(imageEncoder === undefined ? {} : { imageEncoder: imageEncoder.config }),
      maxSequenceLength: WAN_SEQUENCE_LENGTH,
      scheduler: { className: 'UniPCMultistepScheduler', config: { ...WAN_SCHEDULER, flow_shift: WAN_SHIFT.usual } },
      shift: WAN_SHIFT,
      defaults: WAN_DEFAULTS,
      open(component) {
        const found = components[component];
        if (found === undefined) throw new AiprodError('internal', `the model has no ${component}`);
        return Promise.resolve(found);
      },
    });
  } catch (error) {
    for (const set of new Set(open)) await set.close();
    throw error;
  }
}

/** What is found in place of a part: the official release has pickles, which are not read. */
async function pickleBeside({ tree, path }: PartLocation, file: RegExp): Promise<string> {
  const folder = folderOf(path);
  const pickle = (await tree.list()).find((other) => folderOf(other) === folder && /\.(pth|pt|bin)$/.test(other) && file.test(other));
  return pickle === undefined ? 'none of them' : `${pickle}, a pickle: it could run code, and is not read`;
}

function holdsNone(where: string, what: string): AiprodError {
  return new AiprodError('unsupported-model', `the file holds no ${what} of Wan 2.1`, {
    where,
    hint: 'See what a file holds with: aiprod models inspect FILE',
  });
}
