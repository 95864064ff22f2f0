import { AiprodError } from '../../errors';
import { openWeightSet } from '../../weights';
import type { VideoModel } from '../model-family';
import type { OnnxTextEncoder } from './ltx-text-encoder';
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
  /** The text encoder with its tokenizer: a folder or a file; for LTX-Video also another, opened. */
  readonly textEncoder?: PartLocation | OnnxTextEncoder;
}

/** Opens a checkpoint of any family, which its tensors tell. @throws AiprodError as what opens the family does */
export async function openCheckpoint({ checkpoint, vae, textEncoder }: CheckpointLocation, name: string): Promise<VideoModel> {
  const set = await openWeightSet(checkpoint.tree, checkpoint.path);
  const kinds = kindsOf(set);
  await set.close();
  if (!kinds.has('ltx2-transformer')) {
    const parts = { ...(vae === undefined ? {} : { vae }), ...(textEncoder === undefined ? {} : { textEncoder }) };
    return openLtxCheckpoint({ checkpoint, ...parts }, name);
  }
  if (textEncoder !== undefined && 'kind' in textEncoder) {
    throw new AiprodError(
      'unsupported-model',
      'LTX-2 reads the states of all layers of Gemma 3, which an encoder in ONNX form does not give',
      {
        where: name,
        expected: 'Gemma 3 in a folder or a file of safetensors or GGUF',
        found: textEncoder.name,
      },
    );
  }
  const parts = { ...(vae === undefined ? {} : { rest: vae }), ...(textEncoder === undefined ? {} : { textEncoder }) };
  return openLtx2Checkpoint({ checkpoint, ...parts }, name);
}
