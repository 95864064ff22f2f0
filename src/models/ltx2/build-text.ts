import { AiprodError } from '../../errors';
import { buildGraph, requirePositive, type BuildOptions, type ModelGraph } from '../build-graph';
import { ltx2Connectors } from './connectors';
import { connectorShape, type Ltx2ConnectorsConfig } from './connectors-config';
import { ltx2DurationHead, type Ltx2DurationHeadConfig } from './duration-head';
import type { Modality } from './transformer-config';

export interface ConnectorsGraphOptions extends BuildOptions {
  readonly batch: number;
  /** Tokens of a prompt that come in, padding included. */
  readonly length: number;
  /** Tokens that go out where there are registers, which fill it up: a multiple of them. Default `length`. */
  readonly outLength?: number;
}

const modalities = ['video', 'audio'] as const;

/**
 * LTX-2's text connectors. Inputs `hidden_states` [B, N, caption_channels, text_proj_in_factor] f32 (all of a text encoder's),
 * `attention_mask` [B, N] f32 and, where a stream has registers, `video_rows` and `audio_rows` [B, M] i32 (see
 * {@link ltx2ConnectorRows}); outputs `video_text` and `audio_text` [B, M, width].
 */
export function buildConnectorsGraph(config: Ltx2ConnectorsConfig, options: ConnectorsGraphOptions): ModelGraph {
  const { batch, length, outLength = length } = options;
  requirePositive('connectors', { batch, length, outLength });
  for (const modality of modalities) {
    const { registers } = connectorShape(config, modality);
    if (registers === null ? outLength === length : outLength >= length && outLength % registers === 0) continue;
    throw new AiprodError('shape-mismatch', 'a prompt of this length does not fit the connectors', {
      where: `${modality}_connector`,
      expected: registers === null ? 'as many tokens out as in' : `at least ${length} tokens out, a multiple of ${registers}`,
      found: `${outLength}`,
    });
  }
  return buildGraph(options, (tracer, capture) => {
    const rowsOf = (modality: Modality) =>
      connectorShape(config, modality).registers === null ? undefined : tracer.input(`${modality}_rows`, [batch, outLength], 'i32');
    const hiddenStates = tracer.input('hidden_states', [batch, length, config.caption_channels, config.text_proj_in_factor], 'f32');
    const attentionMask = tracer.input('attention_mask', [batch, length], 'f32');
    const rows = { video: rowsOf('video'), audio: rowsOf('audio') };
    const { video, audio } = ltx2Connectors(tracer, config, { hiddenStates, attentionMask, rows }, capture);
    return { video_text: video, audio_text: audio };
  });
}

/** The inputs of {@link buildConnectorsGraph} that follow from a mask, and the mask of what comes out. */
export interface ConnectorRows {
  readonly inputs: Readonly<Record<string, Int32Array>>;
  /** [B, M], 1 for what the transformer reads: all of it where there are registers. */
  readonly mask: Float32Array;
}

/**
 * Where the tokens that the connectors' transformers read come from: first a prompt's own, in their order, then registers, each at the
 * places that are its number modulo their count.
 * @param mask [B, N], 1 for tokens and 0 for padding, on either side.
 */
export function ltx2ConnectorRows(
  config: Ltx2ConnectorsConfig,
  mask: Float32Array,
  { batch, outLength = mask.length / batch }: { readonly batch: number; readonly outLength?: number },
): ConnectorRows {
  const length = mask.length / batch;
  const inputs: Record<string, Int32Array> = {};
  for (const modality of modalities) {
    const { registers } = connectorShape(config, modality);
    if (registers === null) continue;
    const rows = new Int32Array(batch * outLength);
    for (let sample = 0; sample < batch; sample++) {
      let at = 0;
      for (let token = 0; token < length; token++) {
        if (mask[sample * length + token] > 0.5) rows[sample * outLength + at++] = sample * length + token;
      }
      for (; at < outLength; at++) rows[sample * outLength + at] = batch * length + (at % registers);
    }
    inputs[`${modality}_rows`] = rows;
  }
  const hasRegisters = connectorShape(config, 'video').registers !== null;
  return { inputs, mask: hasRegisters ? new Float32Array(batch * outLength).fill(1) : mask };
}

export interface DurationHeadGraphOptions extends BuildOptions {
  readonly batch: number;
  /** Tokens of each stream; a stream without any is left out. */
  readonly tokens: Readonly<Partial<Record<Modality, number>>>;
}

/** LTX-2's duration head. Inputs `video_text` and `audio_text` [B, M, width] f32 of the streams that are there; output `seconds` [B]. */
export function buildDurationHeadGraph(config: Ltx2DurationHeadConfig, options: DurationHeadGraphOptions): ModelGraph {
  const { batch, tokens } = options;
  const lengths = Object.fromEntries(
    modalities.flatMap((modality) => (tokens[modality] === undefined ? [] : [[modality, tokens[modality]]])),
  );
  if (Object.keys(lengths).length === 0) {
    throw new AiprodError('shape-mismatch', 'the duration head has nothing to read', {
      expected: 'tokens of picture, of sound, or of both',
    });
  }
  requirePositive('duration head', { batch, ...lengths });
  return buildGraph(options, (tracer) => {
    const inputOf = (modality: Modality) => {
      const length = tokens[modality];
      const width = config[`${modality}_cross_attention_dim`];
      return length === undefined ? {} : { [modality]: tracer.input(`${modality}_text`, [batch, length, width], 'f32') };
    };
    return { seconds: ltx2DurationHead(tracer, config, { ...inputOf('video'), ...inputOf('audio') }) };
  });
}
