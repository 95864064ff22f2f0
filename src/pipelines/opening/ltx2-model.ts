import type { Scheduler, ShiftAnchors } from '../../diffusion';
import type { LtxVaeConfig } from '../../models';
import type { Tokenizer } from '../../text';
import type { ModelTraits } from '../job';
import type { LtxSampler } from './ltx-releases';
import type { ModelWeights } from './model-weights';

/** Parts of an LTX-2 model with weights of their own, named as the folders of diffusers' `LTX2Pipeline`. */
export const ltx2Components = ['text_encoder', 'connectors', 'transformer', 'vae', 'audio_vae', 'vocoder'] as const;
export type Ltx2Component = (typeof ltx2Components)[number];

/** What an LTX-2 checkpoint is, beside its configurations. */
export interface Ltx2Release {
  /** 2.0: one text projection; 2.3: one for picture and one for sound, prompt AdaLN, gates, a vocoder with bandwidth extension. */
  readonly version: '2.0' | '2.3';
  /** Sampled at the noise levels of its defaults, without guidance. */
  readonly distilled: boolean;
}

/** An LTX-2 model whose configurations were read and whose weights can be. */
export interface Ltx2Model extends ModelWeights<Ltx2Component> {
  readonly name: string;
  readonly release: Ltx2Release;
  /** Gemma 3, in the words of transformers' `Gemma3TextConfig`; for the text encoder's own parser. */
  readonly textEncoder: unknown;
  /** In the words of diffusers' `LTX2TextConnectors`; for their own parser. */
  readonly connectors: unknown;
  /** In the words of diffusers' `LTX2VideoTransformer3DModel`; for its own parser. */
  readonly transformer: unknown;
  readonly vae: LtxVaeConfig;
  /** In the words of diffusers' `AutoencoderKLLTX2Audio`; for its own parser. */
  readonly audioVae: unknown;
  /** In the words of diffusers' `LTX2Vocoder` or `LTX2VocoderWithBWE`; for their own parser. */
  readonly vocoder: unknown;
  readonly tokenizer: Tokenizer;
  /** Tokens a prompt is padded (on the left) or cut to. */
  readonly maxSequenceLength: number;
  readonly scheduler: Scheduler;
  /** Anchors of the token-count shift where the scheduler's config asks for it. */
  readonly dynamicShift: ShiftAnchors | undefined;
  /** How noise levels are spaced where a job gives none. */
  readonly sampler: LtxSampler;
  readonly traits: ModelTraits;
}
