import { AiprodError } from '../../errors';
import { createScheduler } from '../../diffusion';
import {
  compressionRatios,
  type Gemma3Config,
  type Ltx2AudioVaeConfig,
  type Ltx2ConnectorsConfig,
  type Ltx2TransformerConfig,
  type Ltx2VocoderConfig,
  type LtxVaeConfig,
} from '../../models';
import type { Tokenizer } from '../../text';
import type { ModelTraits } from '../job';
import { distilledSigmas } from '../presets';
import { dynamicShift } from '../schedules';
import { noLoras } from '../stage-loras';
import type { FolderSettings } from './own-settings';
import { componentWeights, type OpenComponent } from './component-weights';
import { ltx2Components, type Ltx2Component, type Ltx2Model, type Ltx2Release } from './ltx2-model';

/** Tokens of a prompt that the released models were trained with. */
const MAX_SEQUENCE_LENGTH = 1024;

/**
 * How the noise levels of LTX-2 are shifted and stretched: the reference does this whatever the metadata of the checkpoint say of
 * their scheduler.
 */
export const LTX2_SCHEDULER = {
  use_dynamic_shifting: true,
  ...{ base_shift: 0.95, max_shift: 2.05, base_image_seq_len: 1024, max_image_seq_len: 4096 },
  shift_terminal: 0.1,
};

/** Everything that is read of an LTX-2 model when it is opened, wherever it came from. */
export interface Ltx2ModelParts {
  readonly name: string;
  readonly distilled: boolean;
  /** Noise levels that a distilled checkpoint says it was trained for, from 1 down; those of the release where it says nothing. */
  readonly sigmas?: readonly number[];
  /** What the model's files say of its defaults, over those of the release. */
  settings?(usual: FolderSettings): FolderSettings;
  readonly textEncoder: Gemma3Config;
  readonly connectors: Ltx2ConnectorsConfig;
  readonly transformer: Ltx2TransformerConfig;
  readonly vae: LtxVaeConfig;
  readonly audioVae: Ltx2AudioVaeConfig;
  readonly vocoder: Ltx2VocoderConfig;
  readonly tokenizer: Tokenizer;
  readonly scheduler: { readonly className: string; readonly config: unknown };
  /** Opens a component's weights; asked once for each. Components of one file may share its set. */
  open(component: Ltx2Component): Promise<OpenComponent>;
}

/** A model of its parts. @throws AiprodError 'bad-weights' when they do not belong together */
export async function assembleLtx2Model(parts: Ltx2ModelParts): Promise<Ltx2Model> {
  requireFit(parts);
  const { name, textEncoder, connectors, transformer, vae, audioVae, vocoder, tokenizer, scheduler } = parts;
  const release = ltx2ReleaseOf(parts);
  const usual = { defaults: defaultsOf(release, parts.sigmas), maxSequenceLength: MAX_SEQUENCE_LENGTH };
  const { defaults, maxSequenceLength } = parts.settings?.(usual) ?? usual;
  const { spatial, temporal } = compressionRatios(vae);
  return {
    family: 'ltx-2',
    ...{ name, release, textEncoder, connectors, transformer, vae, audioVae, vocoder, tokenizer },
    maxSequenceLength,
    scheduler: createScheduler(scheduler.className, scheduler.config),
    dynamicShift: dynamicShift(scheduler.config),
    sampler: 'uniform',
    traits: {
      defaults,
      sizeMultiple: spatial * transformer.patch_size,
      frameMultiple: temporal * transformer.patch_size_t,
      keyframeTokens: true,
      sound: true,
      imageCrf: releasedImageCrf,
    },
    ...{ loras: [], liveLoras: noLoras, connectorLoras: noLoras },
    ...(await componentWeights(ltx2Components, parts.open)),
  };
}

/** The rate factor of the frames that LTX-2.0 and 2.3 were trained with. */
const releasedImageCrf = 33;

/** 2.3 is told by what only it has: projections of the text for picture and sound each, or text modulated by the timestep. */
export function ltx2ReleaseOf({
  connectors,
  transformer,
  distilled,
}: Pick<Ltx2ModelParts, 'connectors' | 'transformer' | 'distilled'>): Ltx2Release {
  return { version: connectors.per_modality_projections || transformer.cross_attn_mod ? '2.3' : '2.0', distilled };
}

/** What the reference's pipelines take where nothing else is said. */
function defaultsOf({ version, distilled }: Ltx2Release, levels: readonly number[] = distilledSigmas): ModelTraits['defaults'] {
  const size = { width: 768, height: 512, frames: 121, frameRate: 24, enlarged: true } as const;
  if (!distilled) return { ...size, steps: version === '2.0' ? 40 : 30, guidanceScale: 3 };
  const sigmas = levels.filter((sigma) => sigma > 0);
  return { ...size, steps: sigmas.length, guidanceScale: 1, sigmas };
}

function requireFit(parts: Ltx2ModelParts): void {
  const { name, textEncoder, connectors, transformer, vae, audioVae, vocoder } = parts;
  const { latent_channels, mel_bins, output_channels } = audioVae;
  const expectations: readonly (readonly [what: string, expected: number | undefined, found: number])[] = [
    ['the text encoder', connectors.caption_channels, textEncoder.hidden_size],
    ['the number of layers of the text encoder', connectors.text_proj_in_factor, textEncoder.layer_types.length + 1],
    ['the VAE', transformer.in_channels, vae.latent_channels],
    ['the audio VAE', mel_bins ? transformer.audio_in_channels : undefined, (latent_channels * (mel_bins ?? 0)) / 4],
    ['the vocoder', mel_bins ? output_channels * mel_bins : undefined, vocoder.generator.in_channels],
  ];
  for (const [what, expected, found] of expectations) {
    if (expected === undefined || expected === found) continue;
    throw new AiprodError('bad-weights', `${what} does not belong to this model`, {
      where: name,
      expected: String(expected),
      found: String(found),
    });
  }
}
