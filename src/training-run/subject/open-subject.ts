import { AiprodError } from '../../errors';
import type { GpuContext } from '../../gpu';
import type { EncodingOf, Graph } from '../../graph';
import { buildTransformerGraph, type LtxPositions } from '../../models';
import { requireLtxVideo, withLoras, withWeights, type LtxModel, type VideoModel } from '../../pipelines';
import { chooseEncodings, replaceWeights, type ParameterSource } from '../../weights';
import type { TrainingConfig } from '../config';
import { liveLora, type ReadTrained } from '../outputs/lora-file';
import { adapterBeside, parameterCount, trainedCount, wholeModel, type TrainedPart } from './trained-part';

/** Shapes that a model's graph is traced for. */
export interface GraphShape {
  readonly batch: number;
  readonly positions: LtxPositions;
  readonly textLength: number;
  readonly timesteps: 'sample' | 'token';
}

/** What a run trains. */
export interface TrainingSubject {
  readonly model: LtxModel;
  readonly part: TrainedPart;
  /** Type of the graph's weights and values. */
  readonly dtype: 'f32' | 'f16';
  /** How trained matrices lie in memory; absent: in the type of the graph. */
  readonly storage?: 'bf16';
  /** How weights that are not trained lie in memory. */
  readonly frozen: EncodingOf;
  readonly weights: ParameterSource;
  /** Numbers of the transformer, and of what is trained. */
  readonly parameters: { readonly total: number; readonly trained: number };
  graph(shape: GraphShape): Graph;
  /** The model as it is now, for pipelines. @param step by which its results are known */
  modelNow(read: ReadTrained, step: number): Promise<VideoModel>;
}

/** @throws AiprodError 'unsupported-model' for other families; 'bad-input' for settings that the model does not have. */
export async function openSubject(
  opened: VideoModel,
  config: TrainingConfig,
  { capabilities, gpu }: Pick<GpuContext, 'capabilities' | 'gpu'>,
): Promise<TrainingSubject> {
  const model = requireLtxVideo(opened, 'training');
  const { model: settings, lora, acceleration, seed } = config;
  const isAdapter = settings.training_mode === 'lora';
  const { mixed_precision_mode: precision, quantization } = acceleration;
  const dtype = precision === 'fp16' || (precision === 'auto' && capabilities.f16) ? 'f16' : 'f32';
  if (dtype === 'f16' && !capabilities.f16) {
    throw new AiprodError('missing-feature', 'this adapter cannot compute in f16', {
      expected: 'the shader-f16 feature',
      found: gpu.adapter.description,
      hint: 'Set acceleration.mixed_precision_mode to no or auto',
    });
  }
  const storage = precision === 'bf16' ? 'bf16' : undefined;
  const weights = await model.parameters('transformer');
  const traced = (shape: GraphShape): Graph => buildTransformerGraph(model.transformer, { ...shape, dtype }).graph;
  // Which parameters there are does not depend on the shape.
  const smallest = traced({ batch: 1, positions: { frames: 1, height: 1, width: 1 }, textLength: 1, timesteps: 'sample' });
  const read = model.reader('transformer');
  const part = isAdapter
    ? adapterBeside(smallest, read, { rank: lora.rank, alpha: lora.alpha, targets: lora.target_modules, seed })
    : wholeModel(smallest, read);
  return {
    model,
    part,
    dtype,
    ...(storage === undefined ? {} : { storage }),
    weights,
    frozen: isAdapter
      ? frozenOnly(chooseEncodings(weights, quantization === 'plain' ? (storage ?? quantization) : quantization, dtype), part)
      : () => undefined,
    parameters: { total: parameterCount(weights), trained: trainedCount(part) },
    graph: (shape) => part.extend(traced(shape)),
    async modelNow(trained, step) {
      const name = `step ${step}`;
      if (isAdapter) {
        const lora_ = liveLora(name, part, lora, trained);
        return withLoras(model, [{ opened: { name, lora: lora_, fingerprint: name, close: () => Promise.resolve() }, scale: 1 }]);
      }
      const source = replaceWeights(
        weights,
        (weight) => part.shapes.has(weight),
        async (weight) => new Float32Array(await trained(weight)),
      );
      return withWeights(model, 'transformer', source, name);
    },
  };
}

function frozenOnly(encodingOf: EncodingOf, { shapes }: TrainedPart): EncodingOf {
  return (spec, use) => (shapes.has(spec.name) ? undefined : encodingOf(spec, use));
}
