import { AiprodError } from '../errors';
import type { LatentShape } from '../diffusion';
import type { GpuContext } from '../gpu';
import { compileGraph, type Program } from '../graph';
import { buildTextEncoderGraph, buildTransformerGraph, buildVaeDecoderGraph, compressionRatios } from '../models';
import type { MemoryForecast } from './generator-api';
import { framesPerSecond, type ResolvedJob } from './job';
import type { LtxModel } from './ltx-model';

/** The programs of one text-to-video job and what they need; made before any weight is read. */
export interface TextToVideoPlan {
  readonly dtype: 'f32' | 'f16';
  /** [1, C, F, H, W] of the latents. */
  readonly latentShape: LatentShape;
  /** 2 with guidance (the negative prompt first), else 1. */
  readonly batch: 1 | 2;
  readonly textEncoder: Program;
  readonly transformer: Program;
  readonly decoder: Program;
  /** Decodes a single latent frame while denoising; undefined when previews are off. */
  readonly preview: Program | undefined;
  readonly forecast: MemoryForecast;
}

export interface PlanOptions {
  readonly previews: boolean;
  /** Most bytes of GPU memory the job may take. */
  readonly memoryBudget?: number;
}

/** Storage type of a job on a device: f16 where the adapter has it, unless the job says otherwise. */
export function chooseDtype(job: ResolvedJob, context: GpuContext): 'f32' | 'f16' {
  if (job.dtype === 'auto') return context.capabilities.f16 ? 'f16' : 'f32';
  if (job.dtype === 'f16' && !context.capabilities.f16) {
    throw new AiprodError('missing-feature', 'this adapter cannot compute in f16', {
      expected: 'the shader-f16 feature',
      found: context.gpu.adapter.description,
      hint: 'Use --dtype f32 or auto',
    });
  }
  return job.dtype;
}

/** [1, C, F, H, W] of the latents of a job. */
export function latentShapeOf(model: LtxModel, job: ResolvedJob): LatentShape {
  const { spatial, temporal } = compressionRatios(model.vae);
  return [1, model.vae.latent_channels, (job.frames - 1) / temporal + 1, job.height / spatial, job.width / spatial];
}

/**
 * Traces and compiles everything a job runs, and adds up its memory. Stages hold the GPU one after the other, so the forecast
 * is the largest stage.
 *
 * @throws AiprodError `out-of-memory` when the forecast exceeds the budget, with the sizes and what to do.
 */
export function planTextToVideo(model: LtxModel, job: ResolvedJob, context: GpuContext, options: PlanOptions): TextToVideoPlan {
  const dtype = chooseDtype(job, context);
  const latentShape = latentShapeOf(model, job);
  const [, , frames, height, width] = latentShape;
  const batch = job.guidanceScale === 1 ? 1 : 2;
  const { spatial, temporal } = compressionRatios(model.vae);
  const patch = model.transformer;
  const textEncoder = compileGraph(
    buildTextEncoderGraph(model.textEncoder, { batch, length: model.maxSequenceLength, masked: false, dtype }).graph,
    context,
  );
  const transformer = compileGraph(
    buildTransformerGraph(model.transformer, {
      batch,
      dtype,
      textLength: model.maxSequenceLength,
      positions: {
        frames: frames / patch.patch_size_t,
        height: height / patch.patch_size,
        width: width / patch.patch_size,
        ropeInterpolationScale: [temporal / framesPerSecond(job.frameRate), spatial, spatial],
      },
    }).graph,
    context,
  );
  const decoder = compileGraph(buildVaeDecoderGraph(model.vae, { batch: 1, frames, height, width, dtype }).graph, context);
  const preview = options.previews
    ? compileGraph(buildVaeDecoderGraph(model.vae, { batch: 1, frames: 1, height, width, dtype }).graph, context)
    : undefined;
  const stages = [
    { name: 'text', totalBytes: textEncoder.memory.totalBytes, weightBytes: textEncoder.memory.parameterBytes },
    {
      name: 'denoise',
      totalBytes: transformer.memory.totalBytes + (preview?.memory.totalBytes ?? 0),
      weightBytes: transformer.memory.parameterBytes + (preview?.memory.parameterBytes ?? 0),
    },
    { name: 'decode', totalBytes: decoder.memory.totalBytes, weightBytes: decoder.memory.parameterBytes },
  ];
  const largest = stages.reduce((most, stage) => (stage.totalBytes > most.totalBytes ? stage : most));
  if (options.memoryBudget !== undefined && largest.totalBytes > options.memoryBudget) {
    throw new AiprodError('out-of-memory', `the ${largest.name} stage of this job does not fit the memory budget`, {
      expected: `at most ${options.memoryBudget} bytes`,
      found: `${largest.totalBytes} bytes, ${largest.weightBytes} of them weights`,
      hint: 'Choose a smaller width, height or number of frames, or raise --memory-budget',
    });
  }
  return {
    dtype,
    latentShape,
    batch,
    textEncoder,
    transformer,
    decoder,
    preview,
    forecast: { totalBytes: largest.totalBytes, weightBytes: largest.weightBytes },
  };
}
