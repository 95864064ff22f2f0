import { AiprodError } from '../../errors';
import { hasModelIndex, openModelFolder } from '../../weights';
import type { VideoModel } from '../model-family';
import { openCheckpoint, type CheckpointLocation } from './open-checkpoint';
import { openLtxModel } from './open-ltx-model';
import { LTX2_PIPELINES, openLtx2Model } from './open-ltx2-model';
import { openWanModel } from './open-wan-model';

/**
 * Opens a model of any family that runs here: a folder in diffusers layout, or a checkpoint. Reads configurations and headers; weights
 * are read when a pipeline needs them.
 *
 * @param name how it is called in messages and recipes
 * @throws AiprodError `unsupported-model` for another family, `bad-weights` when a part is missing or broken, `bad-usage` where a
 *   folder is given parts that it has.
 */
export async function openVideoModel(location: CheckpointLocation, name: string): Promise<VideoModel> {
  const { checkpoint, textEncoder, vae, imageEncoder } = location;
  if (checkpoint.path !== '' || !(await hasModelIndex(checkpoint.tree))) return openCheckpoint(location, name);
  const { pipelineClass } = await openModelFolder(checkpoint.tree);
  const isLtx2 = LTX2_PIPELINES.test(pipelineClass);
  const isWan = pipelineClass.startsWith('Wan');
  const other = textEncoder !== undefined && 'kind' in textEncoder && !isLtx2 ? textEncoder : undefined;
  if ((textEncoder !== undefined && other === undefined) || vae !== undefined || imageEncoder !== undefined) {
    throw new AiprodError('bad-usage', 'the model has encoders and a VAE of its own', {
      where: name,
      expected:
        'a checkpoint, for --text-encoder, --image-encoder and --vae; or a text encoder in ONNX form with a folder of LTX-Video or Wan',
      found: isLtx2 ? 'a folder of LTX-2' : 'a folder in diffusers layout',
    });
  }
  if (isWan) return openWanModel(checkpoint.tree, name, other);
  return isLtx2 ? openLtx2Model(checkpoint.tree, name) : openLtxModel(checkpoint.tree, name, other);
}
