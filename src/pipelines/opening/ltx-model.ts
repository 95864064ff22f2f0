import type { AdapterReport } from '../../gpu';
import type { LtxTransformerConfig, LtxVaeConfig } from '../../models';
import type { Scheduler, ShiftAnchors } from '../../diffusion';
import type { ModelTraits } from '../job';
import type { DecodeSettings } from '../latent-codec';
import type { PartLoras, UsedLora } from '../stage-loras';
import type { SigmaSampler } from './ltx-releases';
import type { T5OrOnnx } from './text-encoder';
import type { ModelWeights } from './model-weights';

export const ltxComponents = ['text_encoder', 'transformer', 'vae'] as const;
export type LtxComponent = (typeof ltxComponents)[number];

/** An LTX-Video model whose configurations were read and whose weights can be: what every LTX pipeline works with. */
export interface LtxModel extends ModelWeights<LtxComponent> {
  readonly family: 'ltx-video';
  readonly name: string;
  readonly textEncoder: T5OrOnnx;
  readonly transformer: LtxTransformerConfig;
  readonly vae: LtxVaeConfig;
  /** Tokens a prompt is padded or cut to. */
  readonly maxSequenceLength: number;
  readonly scheduler: Scheduler;
  /** Anchors of the token-count shift where the scheduler's config asks for it. */
  readonly dynamicShift: ShiftAnchors | undefined;
  /** How noise levels are spaced where a job gives none. */
  readonly sampler: SigmaSampler;
  /** What a timestep-conditioned VAE is decoded with. */
  readonly decode: DecodeSettings;
  readonly traits: ModelTraits;
  /** LoRAs in use. */
  readonly loras: readonly UsedLora[];
  /** Of these the ones beside the transformer's layers. */
  readonly liveLoras: PartLoras;
}

/** How an adapter is named in a recipe. */
export function adapterName(adapter: AdapterReport): string {
  return [adapter.description, adapter.backend].filter((part) => part !== undefined && part !== '').join(' on ');
}
