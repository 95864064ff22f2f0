import type { Tensor, Tracer } from '../../graph';
import type { RotaryTable } from '../../numeric/rotary-tables';
import { buildGraph, requirePositive, type BuildOptions, type ModelGraph } from '../build-graph';
import { sinusoidChannels } from '../timestep-embedder';
import { timestepInput } from '../timesteps';
import { ltx2Transformer, type Ltx2Clips, type Ltx2StreamInputs } from './transformer';
import { ofBoth, type OfBoth } from './transformer-block';
import { modulatesText, streamShape, type Ltx2TransformerConfig, type Modality } from './transformer-config';
import { ltx2RotaryTables, type Ltx2Positions } from './transformer-positions';

export interface Ltx2TransformerGraphOptions extends BuildOptions, Ltx2Clips {
  readonly batch: number;
  readonly positions: Ltx2Positions;
  /** Tokens of a prompt, in both streams. */
  readonly textLength: number;
  /** Whether a stream has one timestep for each sample or one for each token. Default sample for both. */
  readonly timesteps?: OfBoth<'sample' | 'token'>;
  /** Whether padding of the text is kept out by a mask. Default true. */
  readonly masked?: boolean;
  /** Whether the streams' exchange is modulated by the other stream's timestep (2.3) or by their own (2.0). Default own. */
  readonly crossTimestep?: boolean;
  /** Whether only the sound is wanted; with streams that exchange nothing, nothing of the picture is computed then. Default false. */
  readonly soundAlone?: boolean;
  /** Whether only the picture is wanted; otherwise as `soundAlone`. Default false. */
  readonly pictureAlone?: boolean;
}

/**
 * LTX-2 transformer, one denoising pass. Inputs, all f32, for the picture, and with `audio_` before them for the sound:
 * `hidden_states` [B, N, channels], `encoder_hidden_states` [B, M, text channels], `encoder_attention_mask` [B, M] when masked, and
 * the sinusoids that {@link ltx2TimestepInputs} makes. Outputs `sample` and `audio_sample`, [B, N, channels].
 */
export function buildLtx2TransformerGraph(config: Ltx2TransformerConfig, options: Ltx2TransformerGraphOptions): ModelGraph {
  const { batch, positions, textLength, masked = true } = options;
  const tables = ltx2RotaryTables(config, positions);
  requirePositive('transformer', { batch, textLength, tokens: tables.video.rotary.shape[0], audioTokens: tables.audio.rotary.shape[0] });
  return buildGraph(options, (tracer, capture): Readonly<Record<string, Tensor>> => {
    const sinusoids = sinusoidInputs(tracer, config, options, tables.video.rotary.shape[0], tables.audio.rotary.shape[0]);
    const { video, audio } = ltx2Transformer(
      tracer,
      config,
      ofBoth((modality): Ltx2StreamInputs => {
        const { prefix, inChannels, textChannels } = streamShape(config, modality);
        const { rotary, exchangeRotary } = tables[modality];
        return {
          hiddenStates: tracer.input(`${prefix}hidden_states`, [batch, rotary.shape[0], inChannels], 'f32'),
          encoderHiddenStates: tracer.input(`${prefix}encoder_hidden_states`, [batch, textLength, textChannels], 'f32'),
          ...(masked ? { encoderAttentionMask: tracer.input(`${prefix}encoder_attention_mask`, [batch, textLength], 'f32') } : {}),
          ...sinusoids[modality],
          rotary: constants(tracer, rotary),
          exchangeRotary: constants(tracer, exchangeRotary),
        };
      }),
      options,
      capture,
    );
    return {
      ...(options.soundAlone === true ? {} : { sample: video }),
      ...(options.pictureAlone === true ? {} : { audio_sample: audio }),
    };
  });
}

function constants(tracer: Tracer, { cos, sin, shape }: RotaryTable): { cos: Tensor; sin: Tensor } {
  return { cos: tracer.constant(cos, [1, ...shape], 'f32'), sin: tracer.constant(sin, [1, ...shape], 'f32') };
}

type Sinusoids = Pick<Ltx2StreamInputs, 'timestepSinusoid' | 'promptSinusoid' | 'exchangeSinusoid' | 'exchangeGateSinusoid'>;

/** Gates read the timestep on a scale of their own. */
function gateScale(config: Ltx2TransformerConfig): number {
  return config.cross_attn_timestep_scale_multiplier / config.timestep_scale_multiplier;
}

function usesSampleTimestep(config: Ltx2TransformerConfig, crossTimestep: boolean): boolean {
  return crossTimestep || (modulatesText(config) && config.use_prompt_adaln_single);
}

const other: OfBoth<Modality> = { video: 'audio', audio: 'video' };

function sinusoidInputs(
  tracer: Tracer,
  config: Ltx2TransformerConfig,
  options: Ltx2TransformerGraphOptions,
  videoTokens: number,
  audioTokens: number,
): OfBoth<Sinusoids> {
  const { batch, crossTimestep = false } = options;
  const tokens = { video: videoTokens, audio: audioTokens };
  const input = (modality: Modality, name: string, rows: number): Tensor =>
    tracer.input(`${streamShape(config, modality).prefix}${name}`, [batch, rows, sinusoidChannels], 'f32');
  const rowsOf = (modality: Modality): number => (options.timesteps?.[modality] === 'token' ? tokens[modality] : 1);
  const own = ofBoth((modality) => input(modality, 'timestep_sinusoid', rowsOf(modality)));
  const ofSample = usesSampleTimestep(config, crossTimestep) ? ofBoth((modality) => input(modality, 'sigma_sinusoid', 1)) : undefined;
  return ofBoth((modality) => {
    const exchangeSinusoid = crossTimestep && ofSample !== undefined ? ofSample[other[modality]] : own[modality];
    return {
      timestepSinusoid: own[modality],
      ...(ofSample === undefined ? {} : { promptSinusoid: ofSample[modality] }),
      exchangeSinusoid,
      exchangeGateSinusoid:
        gateScale(config) === 1 ? exchangeSinusoid : input(modality, 'exchange_gate_sinusoid', crossTimestep ? 1 : rowsOf(modality)),
    };
  });
}

/** Timesteps of a stream, 0 to 1000: of its tokens ([B] or [B N]), and of the sample as a whole ([B]). */
export interface Ltx2Timesteps {
  readonly tokens: Float32Array;
  readonly sample: Float32Array;
}

/** The inputs of {@link buildLtx2TransformerGraph} that say the timesteps. */
export function ltx2TimestepInputs(
  config: Ltx2TransformerConfig,
  timesteps: OfBoth<Ltx2Timesteps>,
  { crossTimestep = false }: Pick<Ltx2TransformerGraphOptions, 'crossTimestep'> = {},
): Record<string, Float32Array> {
  const inputs: Record<string, Float32Array> = {};
  for (const modality of ['video', 'audio'] as const) {
    const { prefix } = streamShape(config, modality);
    const { tokens, sample } = timesteps[modality];
    inputs[`${prefix}timestep_sinusoid`] = timestepInput(tokens);
    if (usesSampleTimestep(config, crossTimestep)) inputs[`${prefix}sigma_sinusoid`] = timestepInput(sample);
    const scale = gateScale(config);
    if (scale === 1) continue;
    const exchanged = crossTimestep ? timesteps[other[modality]].sample : tokens;
    inputs[`${prefix}exchange_gate_sinusoid`] = timestepInput(exchanged.map((timestep) => timestep * Math.fround(scale)));
  }
  return inputs;
}
