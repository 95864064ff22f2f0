import { AiprodError } from '../../errors';
import type { EncodingOf, Graph, Tensor, Tracer } from '../../graph';
import { withLoras, type ModelWeights, type VideoModel } from '../../pipelines';
import { givesTokens, meanSquaredError, trainingNames } from '../../training';
import { chooseEncodings } from '../../weights';
import type { TrainingConfig } from '../config';
import { trainingStrategy } from '../config/to-training';
import { liveLora } from '../outputs/lora-file';
import { adapterBeside, parameterCount, trainedCount, wholeModel, type TrainedPart } from './trained-part';
import { trainedTransformer, type TransformerShape } from './trained-transformer';
import { transformerBatch } from './transformer-batch';
import type { TrainingSubject } from './training-subject';
import { withTrained } from './whole-component';

/** How a subject is kept and computed. */
export interface SubjectStorage {
  readonly dtype: 'f32' | 'f16';
  readonly storage?: 'bf16';
}

/** A transformer, or an adapter beside it, which learns the velocities of noise. @throws AiprodError 'unsupported-model' or 'bad-input' */
export async function transformerSubject(
  model: VideoModel,
  config: TrainingConfig,
  { dtype, ...kept }: SubjectStorage,
): Promise<TrainingSubject> {
  const { model: settings, lora, acceleration, seed } = config;
  const transformer = trainedTransformer(model);
  requireStrategy(model, config, transformer.givesTokens);
  const isAdapter = settings.training_mode === 'lora';
  const all: ModelWeights<string> = model;
  const component = 'transformer';
  const weights = await all.parameters(component);
  const read = all.reader(component);
  const [frames, size] = [transformer.patch.patch_size_t, transformer.patch.patch_size];
  // Which parameters there are does not depend on the shape.
  const smallest = transformer.graph(
    { batch: 1, latents: [frames, size, size], positions: { frames: 1, height: 1, width: 1 }, textLength: 1, timesteps: 'sample' },
    dtype,
  );
  const part = isAdapter
    ? adapterBeside(smallest, read, { rank: lora.rank, alpha: lora.alpha, targets: lora.target_modules, seed })
    : wholeModel(smallest, read);
  const graph = (shape: TransformerShape): Graph => part.extend(transformer.graph(shape, dtype));
  const { quantization } = acceleration;
  const encoding = quantization === 'plain' ? (kept.storage ?? quantization) : quantization;
  return {
    model,
    component,
    part,
    dtype,
    ...kept,
    weights,
    frozen: isAdapter ? frozenOnly(chooseEncodings(weights, encoding, dtype), part) : () => undefined,
    parameters: { total: parameterCount(weights), trained: trainedCount(part) },
    parameterGraph: part.extend(smallest),
    loss: (tracer, output) => flowLoss(tracer, output('sample'), givesTokens(trainingStrategy(config))),
    batch(samples, options) {
      const { inputs, shapes } = transformerBatch(samples, {
        ...options,
        transformer,
        graph,
        frameRate: model.traits.defaults.frameRate,
      });
      return { inputs: { ...part.inputs, ...inputs }, shapes };
    },
    async modelNow(trained, step) {
      const name = `step ${step}`;
      if (!isAdapter) return withTrained(model, { component, weights, part }, trained, name);
      const opened = { name, lora: liveLora(name, part, lora, trained), fingerprint: name, close: () => Promise.resolve() };
      return withLoras(model, [{ opened, scale: 1 }]);
    },
  };
}

/** @throws AiprodError 'unsupported-model' where something is to be given to a model that makes all of a clip alike */
function requireStrategy(model: VideoModel, config: TrainingConfig, mayGive: boolean): void {
  if (mayGive || !givesTokens(trainingStrategy(config))) return;
  throw new AiprodError('unsupported-model', 'training_strategy: this model makes all of a clip alike, nothing of it can be given', {
    where: model.name,
    expected: 'name: text_to_video with first_frame_conditioning_p 0',
    found: JSON.stringify(config.training_strategy),
    hint: 'Train LTX-Video for image to video and IC-LoRA',
  });
}

/** Mean squared error of the velocity; where tokens are given, each token has a weight. */
function flowLoss(tracer: Tracer, prediction: Tensor, weighted: boolean): Tensor {
  const [batch, tokens] = prediction.shape;
  const target = tracer.input(trainingNames.target, prediction.shape, 'f32');
  return meanSquaredError(prediction, target, weighted ? tracer.input(trainingNames.lossWeight, [batch, tokens, 1], 'f32') : undefined);
}

function frozenOnly(encodingOf: EncodingOf, { shapes }: TrainedPart): EncodingOf {
  return (spec, use) => (shapes.has(spec.name) ? undefined : encodingOf(spec, use));
}
