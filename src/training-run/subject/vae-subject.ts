import type { TrainingSample } from '../../data';
import { AiprodError } from '../../errors';
import { elementCount, type HostTensor } from '../../graph';
import { compressionRatios, type LtxVaeConfig } from '../../models';
import type { ModelWeights, VideoModel } from '../../pipelines';
import { drawNormal, latentShape, vaeLossInputs, vaeTrainingGraph, vaeTrainingNames, type VaeTrainingGraphOptions } from '../../training';
import type { TrainingConfig } from '../config';
import { parameterCount, trainedCount, wholeModel } from './trained-part';
import type { SubjectStorage } from './transformer-subject';
import type { TrainingSubject } from './training-subject';
import { withTrained } from './whole-component';

/** A VAE, encoder and decoder together, which learns to give back what it has encoded. @throws AiprodError 'unsupported-model' */
export async function vaeSubject(model: VideoModel, config: TrainingConfig, { dtype, ...kept }: SubjectStorage): Promise<TrainingSubject> {
  const vae = vaeOf(model);
  const { spatial, temporal } = compressionRatios(vae);
  const all: ModelWeights<string> = model;
  const component = 'vae';
  const weights = await all.parameters(component);
  // Two latents a side: some decoders mirror edges.
  const smallest = vaeTrainingGraph(vae, { batch: 1, frames: 1, height: 2 * spatial, width: 2 * spatial, dtype });
  const part = wholeModel(smallest, all.reader(component));
  const losses = vaeLossInputs(config.vae_loss);
  return {
    model,
    component,
    part,
    dtype,
    ...kept,
    weights,
    frozen: () => undefined,
    parameters: { total: parameterCount(weights), trained: trainedCount(part) },
    parameterGraph: smallest,
    loss: (_, output) => output(vaeTrainingNames.loss),
    batch(samples, { key }) {
      const [, frames, height, width] = videoOf(samples[0]).shape;
      const size: VaeTrainingGraphOptions = { batch: samples.length, frames, height, width, dtype };
      if ((frames - 1) % temporal !== 0 || height % spatial !== 0 || width % spatial !== 0) {
        throw new AiprodError('shape-mismatch', 'the videos do not divide into latents', {
          where: samples[0].id,
          expected: `frames one more than a multiple of ${temporal}, sides divisible by ${spatial}`,
          found: `${frames} frames of ${width} x ${height}`,
          hint: 'Run aiprod preprocess with the model that is trained',
        });
      }
      return {
        inputs: {
          [vaeTrainingNames.video]: videosOf(samples),
          [vaeTrainingNames.noise]: drawNormal(key, 'noise', elementCount(latentShape(vae, size))),
          ...losses,
        },
        shapes: { key: [samples.length, frames, height, width].join(), graph: () => vaeTrainingGraph(vae, size) },
      };
    },
    modelNow: async (read, step) => withTrained(model, { component, weights, part }, read, `step ${step}`),
  };
}

function vaeOf(model: VideoModel): LtxVaeConfig {
  if (model.family !== 'wan') return model.vae;
  throw new AiprodError('unsupported-model', 'the VAE of Wan 2.1 is not trained', {
    where: model.name,
    expected: 'a model of LTX-Video or LTX-2',
  });
}

function videoOf({ id, tensors }: TrainingSample): HostTensor {
  const video = tensors.get('videos');
  if (video?.shape.length === 4) return video;
  throw new AiprodError('shape-mismatch', 'a sample holds no pixels', {
    where: id,
    expected: 'videos [3, F, H, W]',
    found: [...tensors.keys()].join(', '),
    hint: 'Run aiprod preprocess with preprocess.content: pixels',
  });
}

/** [B, 3, F, H, W], -1 to 1, out of bytes. */
function videosOf(samples: readonly TrainingSample[]): Float32Array {
  const videos = samples.map(videoOf);
  const size = elementCount(videos[0].shape);
  const joined = new Float32Array(samples.length * size);
  videos.forEach(({ data }, k) => {
    for (let at = 0; at < size; at++) joined[k * size + at] = data[at] / 127.5 - 1;
  });
  return joined;
}
