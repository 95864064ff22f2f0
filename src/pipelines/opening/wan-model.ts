import type { Scheduler, ShiftAnchors } from '../../diffusion';
import type { ClipVisionConfig, WanTransformerConfig, WanVaeConfig } from '../../models';
import type { ModelTraits } from '../job';
import type { SigmaSampler } from './ltx-releases';
import type { PartLoras, UsedLora } from '../stage-loras';
import type { ModelWeights } from './model-weights';
import type { T5OrOnnx } from './text-encoder';

/** Parts of a Wan model with weights of their own, named as the folders of diffusers; models of text to video have no image encoder, and none has
 * a text encoder that another runtime has. */
export const wanComponents = ['text_encoder', 'transformer', 'vae', 'image_encoder'] as const;
export type WanComponent = (typeof wanComponents)[number];

/** A Wan 2.1 model whose configurations were read and whose weights can be. */
export interface WanModel extends ModelWeights<WanComponent> {
  readonly family: 'wan';
  readonly name: string;
  /** UMT5, or another of the same width. */
  readonly textEncoder: T5OrOnnx;
  readonly transformer: WanTransformerConfig;
  readonly vae: WanVaeConfig;
  /** Absent for text to video. */
  readonly imageEncoder?: ClipVisionConfig;
  /** Tokens a prompt is padded or cut to. */
  readonly maxSequenceLength: number;
  readonly scheduler: Scheduler;
  readonly dynamicShift: ShiftAnchors | undefined;
  /** How noise levels are spaced where a job gives none. */
  readonly sampler: SigmaSampler;
  readonly traits: ModelTraits;
  /** LoRAs in use. */
  readonly loras: readonly UsedLora[];
  /** Of these the ones beside the transformer's layers. */
  readonly liveLoras: PartLoras;
}
