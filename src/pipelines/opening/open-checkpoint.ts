import { openWeightSet } from '../../weights';
import type { VideoModel } from '../model-family';
import type { PartLocation } from './model-parts';
import { kindsOf } from './ltx2-parts';
import { openLtxCheckpoint } from './open-ltx-checkpoint';
import { openLtx2Checkpoint } from './open-ltx2-checkpoint';

/** Where the parts of a model lie that is no folder in diffusers layout. */
export interface CheckpointLocation {
  /** The transformer, and whatever else is in the same file. */
  readonly checkpoint: PartLocation;
  /** The VAE; for LTX-2 a file, or a folder of files, with all that the checkpoint lacks. Found beside the checkpoint when absent. */
  readonly vae?: PartLocation;
  /** The text encoder with its tokenizer: a folder or a file. */
  readonly textEncoder?: PartLocation;
}

/** Opens a checkpoint of any family, which its tensors tell. @throws AiprodError as what opens the family does */
export async function openCheckpoint({ checkpoint, vae, textEncoder }: CheckpointLocation, name: string): Promise<VideoModel> {
  const set = await openWeightSet(checkpoint.tree, checkpoint.path);
  const kinds = kindsOf(set);
  await set.close();
  const encoder = textEncoder === undefined ? {} : { textEncoder };
  if (kinds.has('ltx2-transformer')) {
    return openLtx2Checkpoint({ checkpoint, ...(vae === undefined ? {} : { rest: vae }), ...encoder }, name);
  }
  return openLtxCheckpoint({ checkpoint, ...(vae === undefined ? {} : { vae }), ...encoder }, name);
}
