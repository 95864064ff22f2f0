import { AiprodError } from '../../errors';
import { openWeightSet } from '../../weights';
import type { VideoModel } from '../model-family';
import type { OnnxTextEncoder } from './text-encoder';
import { kindsOf, type PartLocation } from './model-parts';
import { openLtxCheckpoint } from './open-ltx-checkpoint';
import { openLtx2Checkpoint } from './open-ltx2-checkpoint';
import { openWanCheckpoint } from './open-wan-checkpoint';

/** Where the parts of a model lie that is no folder in diffusers layout. */
export interface CheckpointLocation {
  /** The transformer, and whatever else is in the same file. */
  readonly checkpoint: PartLocation;
  /** The VAE; for LTX-2 a file, or a folder of files, with all that the checkpoint lacks. Found beside the checkpoint when absent. */
  readonly vae?: PartLocation;
  /** The text encoder with its tokenizer: a folder or a file; for LTX-Video and Wan also another, opened. */
  readonly textEncoder?: PartLocation | OnnxTextEncoder;
  /** The image encoder, for Wan's image to video. Found beside the checkpoint when absent. */
  readonly imageEncoder?: PartLocation;
}

/** Opens a checkpoint of any family, which its tensors tell. @throws AiprodError as what opens the family does */
export async function openCheckpoint(location: CheckpointLocation, name: string): Promise<VideoModel> {
  const { checkpoint, vae, textEncoder, imageEncoder } = location;
  const set = await openWeightSet(checkpoint.tree, checkpoint.path);
  const kinds = kindsOf(set);
  await set.close();
  const isWan = kinds.has('wan-transformer');
  if (imageEncoder !== undefined && !isWan) {
    throw new AiprodError('bad-usage', 'this model has no use for an image encoder', {
      where: name,
      found: '--image-encoder',
      hint: 'Leave it out: only image to video of Wan 2.1 reads one',
    });
  }
  if (!isWan && !kinds.has('ltx2-transformer')) {
    const parts = { ...(vae === undefined ? {} : { vae }), ...(textEncoder === undefined ? {} : { textEncoder }) };
    return openLtxCheckpoint({ checkpoint, ...parts }, name);
  }
  if (isWan) {
    const own = { ...(vae === undefined ? {} : { vae }), ...(textEncoder === undefined ? {} : { textEncoder }) };
    return openWanCheckpoint({ checkpoint, ...own, ...(imageEncoder === undefined ? {} : { imageEncoder }) }, name);
  }
  if (textEncoder !== undefined && 'kind' in textEncoder) {
    throw new AiprodError(
      'unsupported-model',
      'LTX-2 reads the states of all layers of Gemma 3, which an encoder in ONNX form does not give',
      { where: name, expected: 'Gemma 3 in a folder or a file of safetensors or GGUF', found: textEncoder.name },
    );
  }
  const parts = { ...(vae === undefined ? {} : { rest: vae }), ...(textEncoder === undefined ? {} : { textEncoder }) };
  return openLtx2Checkpoint({ checkpoint, ...parts }, name);
}
