import { AiprodError } from '../../errors';
import type { EncodingOf, Graph } from '../../graph';
import { withLoras, type ModelWeights, type VideoModel } from '../../pipelines';
import { flowLossName, givesTokens, withFlowLoss } from '../../training';
import { chooseEncodings } from '../../weights';
import type { TrainingConfig } from '../config';
import { trainingStrategy } from '../config/to-training';
import { liveLora } from '../outputs/lora-file';
import { adapterBeside, parameterCount, trainedCount, wholeModel, type TrainedPart } from './trained-part';
import { noAudio, trainedTransformer, type TrainedTransformer, type TransformerShape } from './trained-transformer';
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
  const strategy = trainingStrategy(config);
  requireStrategy(model, config, transformer);
  const isAdapter = settings.training_mode === 'lora';
  const all: ModelWeights<string> = model;
  const component = 'transformer';
  const weights = await all.parameters(component);
  const read = all.reader(component);
  const [frames, size] = [transformer.patch.patch_size_t, transformer.patch.patch_size];
  // Which parameters there are does not depend on the shape.
  const { video = 'generated', audio = 'none' } = strategy;
  const perToken = givesTokens(strategy);
  const learning = (shape: TransformerShape): Graph => withVelocityLoss(transformer.graph(shape, dtype), shape, perToken);
  const smallest = learning({
    batch: 1,
    latents: [frames, size, size],
    positions: { frames: 1, height: 1, width: 1 },
    frameRate: 1,
    textLength: 1,
    timesteps: 'sample',
    video,
    audio: { ...noAudio, part: audio },
  });
  const part = isAdapter
    ? adapterBeside(smallest, read, { rank: lora.rank, alpha: lora.alpha, targets: lora.target_modules, seed })
    : wholeModel(smallest, read);
  const graph = (shape: TransformerShape): Graph => part.extend(learning(shape));
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
    loss: (_, output) => output(flowLossName),
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

/** @throws AiprodError 'unsupported-model' where something is to be given to a model that makes all of a clip alike, or sound to one that has none */
function requireStrategy(model: VideoModel, config: TrainingConfig, { givesTokens: mayGive, audio: sound }: TrainedTransformer): void {
  const { video = 'generated', audio = 'none' } = trainingStrategy(config);
  if (sound === undefined && (video !== 'generated' || audio !== 'none')) {
    throw new AiprodError('unsupported-model', 'training_strategy: this model makes no sound', {
      where: model.name,
      expected: 'with_audio false, or video: generated and audio: none',
      found: JSON.stringify(config.training_strategy),
      hint: 'Train LTX-2 for picture and sound',
    });
  }
  if (mayGive || !givesTokens(trainingStrategy(config))) return;
  throw new AiprodError('unsupported-model', 'training_strategy: this model makes all of a clip alike, nothing of it can be given', {
    where: model.name,
    expected: 'name: text_to_video with first_frame_conditioning_p 0',
    found: JSON.stringify(config.training_strategy),
    hint: 'Train LTX-Video for image to video and IC-LoRA',
  });
}

/** The loss of the velocities that are learned; where tokens of a stream may be given, each of its tokens has a weight. */
function withVelocityLoss(graph: Graph, { video, audio }: TransformerShape, perToken: boolean): Graph {
  const streams = [
    ...(video === 'generated' ? [{ output: 'sample', weighted: perToken }] : []),
    ...(audio.part === 'generated' && !audio.silent ? [{ output: 'audio_sample', weighted: audio.timesteps === 'token' }] : []),
  ];
  return withFlowLoss(graph, streams, { idle: audio.silent ? ['audio_sample'] : [] });
}

function frozenOnly(encodingOf: EncodingOf, { shapes }: TrainedPart): EncodingOf {
  return (spec, use) => (shapes.has(spec.name) ? undefined : encodingOf(spec, use));
}
