import { definitions } from './definitions';
import type { KnownMedia, ResolvedJob } from './job';
import { familyOf, type VideoModel } from './model-family';
import type { GraphContext, PipelineGraph } from './pipeline-graph';

/** Stand-ins for what weights are recognised by, where nothing is kept. */
export const unidentified: GraphContext['identity'] = {
  text_encoder: null,
  transformer: null,
  vae: null,
  upsampler: null,
  audio: null,
  image_encoder: null,
};

/** The graph of a job; needs no weights. */
export function drawJob({
  model,
  job,
  media,
  upsampling,
  identity = unidentified,
}: {
  readonly model: VideoModel;
  readonly job: ResolvedJob;
  readonly media: KnownMedia;
  /** Of the upsampler that the job names. */
  readonly upsampling?: GraphContext['upsampling'];
  readonly identity?: GraphContext['identity'];
}): PipelineGraph {
  const family = familyOf(model);
  return definitions[job.pipeline].graph({
    job,
    media,
    grid: { patch: family.patch, ratios: family.vae.ratios },
    latentChannels: family.vae.latentChannels,
    scheduler: model.scheduler,
    dynamicShift: model.dynamicShift,
    sampler: model.sampler,
    decode: family.decode,
    posterior: 'mean',
    keyframeTokens: model.traits.keyframeTokens ?? false,
    stgBlocks: family.stgBlocks,
    guidanceSpace: family.guidanceSpace,
    conditions: family.conditions,
    textByStage: 'connectorLoras' in model && model.connectorLoras.adapters.length > 0,
    upsampling,
    ...(family.audio === undefined ? {} : { audio: family.audio }),
    ...(family.image === undefined ? {} : { image: { size: family.image.size } }),
    identity,
  });
}
