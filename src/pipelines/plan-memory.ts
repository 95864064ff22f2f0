import { AiprodError } from '../errors';
import type { Capabilities } from '../graph';
import type { WeightOption } from '../weights';
import type { NodeSpec } from './dag';
import { drawJob } from './draw-job';
import type { KnownMedia, ResolvedJob } from './job';
import { machineMemory, textShapeOf, type MachineMemory, type PartMemory } from './machine-memory';
import { machinePrograms, type MachinePrograms } from './machine-programs';
import { familyOf, type ModelFamily, type VideoModel } from './model-family';
import { decodeAudioSettings } from './nodes/decode-audio';
import { decodeSettings } from './nodes/decode';
import { denoiseAudioVideoSettings, denoiseSettings, transformerRequest } from './nodes/denoise-latents';
import { encodeLatentsSettings } from './nodes/encode-latents';
import { encodeTextSettings } from './nodes/encode-text';
import { placeImageSettings } from './nodes/place-image';
import { upsampleLatentsSettings } from './nodes/upsample-latents';
import { denoiseSoundSettings, NO_PICTURE, soundRequest } from './nodes/denoise-sound';
import { upsamplingOf, type UpsamplerModel } from './opening/open-upsampler';
import { chooseDtype, chooseWeights } from './storage-choice';
import { expectedTiles } from './tiling';
import { pixelShapeOfLatents } from './video-vae';

export interface MemoryPlanRequest {
  readonly model: VideoModel;
  readonly job: ResolvedJob;
  readonly media?: KnownMedia;
  readonly upsampler?: Pick<UpsamplerModel, 'config'>;
  /** Of the device: that of this machine, or one thought of. */
  readonly capabilities: Capabilities;
  /** Tokens of the longest prompt, in place of those of the job's: what is known of a model without its tokenizer. */
  readonly promptTokens?: number;
}

/**
 * Tokens, padding included, that a prompt is encoded with: its own, or as many for every prompt where the model pads to that.
 * @param promptTokens of the prompt
 */
export function encodedTokens(model: VideoModel, promptTokens: number): number {
  return familyOf(model).textLengths?.ofTokens(promptTokens) ?? model.maxSequenceLength;
}

/** What one part of a model takes while it runs. Plain data, as all of a plan. */
export interface StagePlan {
  /** Name of the node of the job's graph: text, denoise, decode, ... */
  readonly stage: string;
  readonly component: string;
  readonly totalBytes: number;
  /** Weights in memory at a time. */
  readonly weightBytes: number;
  /** Inputs, constants, intermediate values. */
  readonly activationBytes: number;
  /** Through which results come back. */
  readonly readbackBytes: number;
  /** Where not all blocks are in memory at a time: how many there are, how many stay, how many of the others are there at a time. */
  readonly blocks?: { readonly count: number; readonly held: number; readonly slots: number; readonly blockBytes: number };
  /** Where a VAE works in tiles: how many, and the size of each in frames and pixels. */
  readonly tiles?: { readonly count: number; readonly frames: number; readonly width: number; readonly height: number };
}

/** A stage that does not work at all within the budget. */
export interface RefusedStage {
  readonly stage: string;
  readonly reason: string;
}

/** A job within a budget. Stages hold the GPU one after the other, so that the peak is the largest. */
export interface BudgetPlan {
  /** null: none. */
  readonly budgetBytes: number | null;
  readonly stages: readonly StagePlan[];
  readonly refused: readonly RefusedStage[];
  readonly peakBytes: number;
  readonly fits: boolean;
}

/** A job's memory under one budget after another; each answer takes far less than the first, which traces the model. */
export interface MemoryPlanner {
  readonly dtype: 'f32' | 'f16';
  within(budgetBytes?: number): BudgetPlan;
}

/** Plans the memory of a job from configurations and tensor headers alone: no device, no weights. */
export function memoryPlanner(request: MemoryPlanRequest): MemoryPlanner {
  const { model, job, media = new Map(), capabilities, upsampler } = request;
  const family = familyOf(model);
  const dtype = chooseDtype(job, { capabilities });
  const { nodes } = drawJob({ model, job, media, ...(upsampler === undefined ? {} : { upsampling: upsamplingOf(upsampler.config) }) });
  const known = new Map<WeightOption, MachinePrograms>();
  const programsWithin = (memoryBudget: number | undefined): MachinePrograms => {
    const weights = chooseWeights(job, { capabilities }, memoryBudget);
    const options = { model, capabilities, dtype, weights, tiling: job.tiling, ...(upsampler === undefined ? {} : { upsampler }) };
    const shared = known.get(weights) ?? machinePrograms(options, family);
    known.set(weights, shared);
    // Only tiles depend on the budget.
    const { encoding, decoding } = machinePrograms({ ...options, memoryBudget }, family);
    return { ...shared, encoding, decoding };
  };
  return {
    dtype,
    within(budgetBytes) {
      const budget = budgetBytes === undefined ? {} : { memoryBudget: budgetBytes };
      const memory = machineMemory(programsWithin(budgetBytes), { family, previews: false, ...budget });
      const stages: StagePlan[] = [];
      const refused: RefusedStage[] = [];
      for (const node of nodes) {
        try {
          stages.push(...partsOf(node, memory, family, request.promptTokens).map((part) => stageOf(node.name, part, family)));
        } catch (error) {
          if (!(error instanceof AiprodError) || error.code !== 'out-of-memory') throw error;
          refused.push({ stage: node.name, reason: error.message });
        }
      }
      const peakBytes = Math.max(0, ...stages.map(({ totalBytes }) => totalBytes));
      const fits = refused.length === 0 && peakBytes <= (budgetBytes ?? Infinity);
      return { budgetBytes: budgetBytes ?? null, stages, refused, peakBytes, fits };
    },
  };
}

/** The parts of a model that a node runs, one after the other; none where it does not use the GPU. */
function partsOf({ kind, settings }: NodeSpec, memory: MachineMemory, family: ModelFamily, promptTokens: number | undefined): PartMemory[] {
  const machine = { grid: { patch: family.patch, ratios: family.vae.ratios } };
  switch (kind) {
    case 'encode-text': {
      const { prompts, stage } = encodeTextSettings.parse(settings);
      if (promptTokens === undefined) return memory.textParts(textShapeOf(family, prompts, stage));
      const length = family.textLengths?.ofTokens(promptTokens);
      return memory.textParts({ batch: prompts.length, stage, ...(length === undefined ? {} : { length }) });
    }
    case 'encode-image':
      return memory.imageParts();
    case 'place-image':
      return [memory.encode(pixelShapeOfLatents(family.vae, placeImageSettings.parse(settings).latentShape))];
    case 'encode-latents':
      return [memory.encode(encodeLatentsSettings.parse(settings).shape)];
    case 'denoise': {
      const own = denoiseSettings.parse(settings);
      return [memory.transformer(transformerRequest(machine, own), own.layout.latentShape)];
    }
    case 'denoise-audio-video': {
      const own = denoiseAudioVideoSettings.parse(settings);
      return [memory.transformer(transformerRequest(machine, own), own.layout.latentShape)];
    }
    case 'denoise-sound':
      return [memory.transformer(soundRequest(denoiseSoundSettings.parse(settings)), NO_PICTURE)];
    case 'upsample-latents':
      return [memory.upsample(upsampleLatentsSettings.parse(settings).shape)];
    case 'decode':
      return [memory.decode(decodeSettings.parse(settings).shape)];
    case 'decode-audio':
      return memory.decodeAudio(decodeAudioSettings.parse(settings).shape);
    default:
      return [];
  }
}

function stageOf(stage: string, part: PartMemory, family: ModelFamily): StagePlan {
  const { component, totalBytes, weightBytes, memory, streaming, tiling } = part;
  const { readbackBytes } = memory;
  return {
    ...{ stage, component, totalBytes, weightBytes, readbackBytes },
    activationBytes: totalBytes - weightBytes - readbackBytes,
    ...(streaming === undefined
      ? {}
      : {
          blocks: {
            count: streaming.held + streaming.blocks.length,
            held: streaming.held,
            slots: streaming.slots,
            blockBytes: streaming.slotBytes.reduce((sum, bytes) => sum + bytes, 0),
          },
        }),
    ...(tiling === undefined || tiling.choice.strategy === 'none' ? {} : { tiles: tilesOf(tiling, family) }),
  };
}

function tilesOf({ choice, latentShape }: NonNullable<PartMemory['tiling']>, family: ModelFamily): NonNullable<StagePlan['tiles']> {
  const { frames, rows, columns } = choice.tile;
  const [, , pixelFrames, height, width] = pixelShapeOfLatents(family.vae, [1, 1, frames, rows, columns]);
  return { count: expectedTiles(choice, latentShape), frames: pixelFrames, width, height };
}
