import type { Scheduler, ShiftAnchors } from '../../diffusion';
import type {
  Gemma3Config,
  Ltx2AudioVaeConfig,
  Ltx2ConnectorsConfig,
  Ltx2TransformerConfig,
  Ltx2VocoderConfig,
  LtxVaeConfig,
} from '../../models';
import type { Tokenizer } from '../../text';
import type { ModelTraits } from '../job';
import type { SigmaSampler } from './ltx-releases';
import type { PartLoras, UsedLora } from '../stage-loras';
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
  readonly family: 'ltx-2';
  readonly name: string;
  readonly release: Ltx2Release;
  readonly textEncoder: Gemma3Config;
  readonly connectors: Ltx2ConnectorsConfig;
  readonly transformer: Ltx2TransformerConfig;
  readonly vae: LtxVaeConfig;
  readonly audioVae: Ltx2AudioVaeConfig;
  readonly vocoder: Ltx2VocoderConfig;
  readonly tokenizer: Tokenizer;
  /** Tokens a prompt is padded (on the left) or cut to. */
  readonly maxSequenceLength: number;
  readonly scheduler: Scheduler;
  /** Anchors of the token-count shift where the scheduler's config asks for it. */
  readonly dynamicShift: ShiftAnchors | undefined;
  /** How noise levels are spaced where a job gives none. */
  readonly sampler: SigmaSampler;
  readonly traits: ModelTraits;
  /** LoRAs in use. */
  readonly loras: readonly UsedLora[];
  /** Of these the ones beside the layers of the transformer and of the connectors. */
  readonly liveLoras: PartLoras;
  readonly connectorLoras: PartLoras;
}
