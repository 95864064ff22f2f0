import type { TrainingSample } from '../../data';
import type { EncodingOf, Graph, Tensor, Tracer } from '../../graph';
import type { VideoModel } from '../../pipelines';
import type { DrawKey, MicroBatch } from '../../training';
import type { ParameterSource } from '../../weights';
import type { TrainingConfig } from '../config';
import type { ReadTrained } from '../outputs/lora-file';
import type { TrainedPart } from './trained-part';

/** Components that can be trained. */
export type TrainedComponent = 'transformer' | 'vae';

/** What a run trains: a component of a model, what it reads of samples, and what it minimises. */
export interface TrainingSubject {
  readonly model: VideoModel;
  readonly component: TrainedComponent;
  readonly part: TrainedPart;
  /** Type of the graph's weights and values. */
  readonly dtype: 'f32' | 'f16';
  /** How trained matrices lie in memory; absent: in the type of the graph. */
  readonly storage?: 'bf16';
  /** How weights that are not trained lie in memory. */
  readonly frozen: EncodingOf;
  /** Of the component, as they were before. */
  readonly weights: ParameterSource;
  /** Numbers of the component, and of what is trained. */
  readonly parameters: { readonly total: number; readonly trained: number };
  /** A graph of the smallest shapes: it says what parameters there are. */
  readonly parameterGraph: Graph;
  /** What is minimised, of one element, traced from the outputs of the graphs. */
  loss(tracer: Tracer, output: (name: string) => Tensor): Tensor;
  /** Samples of one bucket as the trainer takes them: a pure function of them, the settings and the key. */
  batch(samples: readonly TrainingSample[], options: BatchOptions): SubjectBatch;
  /** The model as it is now, for pipelines. @param step by which its results are known */
  modelNow(read: ReadTrained, step: number): Promise<VideoModel>;
}

/** States and mask of no caption, of as many tokens as every caption has. */
export interface EmptyCaption {
  readonly states: Float32Array;
  /** Of models of picture and sound. */
  readonly audioStates?: Float32Array;
  readonly mask: Float32Array;
}

/** How samples become the inputs of a step. */
export interface BatchOptions {
  readonly config: TrainingConfig;
  readonly key: DrawKey;
  /** Needed where captions are left out. */
  readonly emptyCaption?: EmptyCaption;
}

/** A batch and the graph of its shapes. */
export type SubjectBatch = MicroBatch & Required<Pick<MicroBatch, 'shapes'>>;
