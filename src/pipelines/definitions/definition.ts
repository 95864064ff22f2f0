import type { Job, KnownMedia, ModelTraits, ResolvedJob } from '../job';
import type { GraphContext, PipelineGraph } from '../pipeline-graph';

/** Fields of a job that only some pipelines take. */
export const pipelineFields = [
  'conditions',
  'imageCrf',
  'imageNoiseScale',
  'video',
  'strength',
  'extend',
  'region',
  'reference',
  'refine',
  'upsampler',
  'audio',
  'seconds',
] as const;
export type PipelineField = (typeof pipelineFields)[number];

/** What a pipeline may say where a job does not. */
export type PipelineDefaults = Partial<Pick<Job, 'frames' | 'frameRate' | 'sigmas' | 'strength' | 'guidanceScale'>>;

/** A pipeline: which fields of a job it takes, what it fills in and refuses, and the graph that it draws. */
export interface PipelineDefinition {
  /** One line for people. */
  readonly description: string;
  readonly fields: Readonly<Partial<Record<PipelineField, 'required' | 'optional'>>>;
  /** Settings that the job does not say, from what it does say and from its files; before the model's. */
  defaults?(job: Job, traits: ModelTraits, media: KnownMedia): PipelineDefaults;
  /** Refuses what cannot work, with the nearest that can. */
  check?(job: ResolvedJob, traits: ModelTraits, media: KnownMedia): void;
  graph(context: GraphContext): PipelineGraph;
}
