import { guidancePresets } from '../diffusion';
import type { JobInput } from './job';

export const presetNames = [
  'draft',
  'ltx-video',
  'ltx-video-13b',
  'ltx-2.0',
  'ltx-2.3',
  'ltx-2-hq',
  'distilled',
  'wan-480p',
  'wan-720p',
] as const;
export type PresetName = (typeof presetNames)[number];

/** Noise levels that distilled LTX models were trained for. */
export const distilledSigmas: readonly number[] = [1, 0.99375, 0.9875, 0.98125, 0.975, 0.909375, 0.725, 0.421875, 0];

/** Noise levels of the second of two stages. */
export const secondStageSigmas: readonly number[] = [0.909375, 0.725, 0.421875, 0];

const wan = { frames: 81, frameRate: 16, steps: 50, guidanceScale: 5 };
/** Scales of picture and sound that LTX-2's pipelines of one stage and of two take. */
const ltx2Scales: Partial<JobInput> = {
  ...{ guidanceScale: 3, stgScale: 1, guidanceRescale: 0.7, modalityScale: 3 },
  audioGuidance: { guidanceScale: 7, stgScale: 1, guidanceRescale: 0.7, modalityScale: 3 },
};

/** Named settings for what a job does not say itself. Figures of the reference's own pipelines. */
export const presets: Readonly<Record<PresetName, Partial<JobInput>>> = {
  /** Half the usual steps of the embedded model: a first look. */
  draft: { steps: 5 },
  'ltx-video': { width: 704, height: 512, frames: 161, frameRate: 25, steps: 50, guidanceScale: 3 },
  /** 13B development models (0.9.7, 0.9.8): guidance by noise level, with CFG*, STG of changing blocks and rescaling. */
  'ltx-video-13b': { width: 1216, height: 704, frames: 121, frameRate: 30, steps: 30, guidance: guidancePresets['ltx-video-13b'] },
  /**
   * LTX-2's own scales; sizes are the model's, twice as large in two stages, and the block that spatio-temporal guidance leaves out is that
   * of the release which the checkpoint is.
   */
  'ltx-2.0': { steps: 40, ...ltx2Scales },
  'ltx-2.3': { steps: 30, ...ltx2Scales },
  /** Two stages HQ: few steps of second order, the sound's rescaling whole, no spatio-temporal guidance. */
  'ltx-2-hq': {
    pipeline: 'two-stage',
    ...{ width: 1920, height: 1088, frames: 121, frameRate: 24, steps: 15 },
    ...{ guidanceScale: 3, guidanceRescale: 0.45, modalityScale: 3 },
    audioGuidance: { guidanceScale: 7, guidanceRescale: 1, stgScale: 0, modalityScale: 3 },
    solver: { kind: 'res-2s', eta: 0.5, midpointEta: 0.5, anchorIterations: 100 },
  },
  distilled: { pipeline: 'distilled', sigmas: [...distilledSigmas], guidanceScale: 1 },
  'wan-480p': { ...wan, width: 832, height: 480, shift: 3 },
  'wan-720p': { ...wan, width: 1280, height: 720, shift: 5 },
};
