import { add, multiply, rmsNorm, type Tensor } from '../../graph';
import { attentionLayer, type AttentionLayerOptions, type RotaryTensors } from '../attention-layer';
import type { Capture } from '../capture';
import { feedForward } from '../feed-forward';
import { modulate, modulationRows, rmsNormLayer, tableRows } from '../layers';
import { joinRows, perturbationsOfRows, rowChoice, takeRows, type Perturbation, type RowChoice } from '../perturbations';
import { modulatesText, streamShape, type Ltx2TransformerConfig, type Modality, type StreamShape } from './transformer-config';

/** Epsilon of the norm on queries and keys; not configurable in the reference. */
const queryKeyNormEps = 1e-6;

/** Something of the picture and of the sound. */
export type OfBoth<T> = Readonly<Record<Modality, T>>;

/** What the blocks of a transformer share about one stream. Rows are [B, 1 or N, width]. */
export interface Ltx2StreamContext {
  /** [B, M, width] */
  readonly text: Tensor;
  readonly textBias: Tensor | undefined;
  /** Modulation of self-attention (3), feed-forward (3) and, where there are 9, cross-attention to the text (3). */
  readonly timestepRows: readonly Tensor[];
  /** Modulation of the text; undefined where the blocks' tables alone say it, or nothing does. */
  readonly promptRows: readonly Tensor[] | undefined;
  /** Modulation of what the streams tell each other: scale and shift from audio to video, then from video to audio, and the gate. */
  readonly exchangeRows: readonly Tensor[];
  readonly rotary: RotaryTensors;
  /** Positions in time, between picture and sound. */
  readonly exchangeRotary: RotaryTensors;
}

/** What the blocks of a transformer share. */
export interface Ltx2BlockContext extends OfBoth<Ltx2StreamContext> {
  readonly config: Ltx2TransformerConfig;
  /** `block` is seen to outside of {@link ltx2TransformerBlock}, the other kinds inside. */
  readonly perturbations: readonly Perturbation[];
  /** Whether what stands for the sound is none: the picture attends to it, and what comes of that counts nothing. */
  readonly silent?: boolean;
  readonly capture: Capture;
}

/** What the blocks share, for some samples of a batch. */
export function contextOfRows(context: Ltx2BlockContext, rows: readonly number[], batch: number): Ltx2BlockContext {
  if (rows.length === batch) return context;
  const take = (x: Tensor): Tensor => takeRows(x, rows, batch);
  const takeRotary = ({ cos, sin }: RotaryTensors): RotaryTensors => ({ cos: take(cos), sin: take(sin) });
  const cut = (stream: Ltx2StreamContext): Ltx2StreamContext => ({
    text: take(stream.text),
    textBias: stream.textBias === undefined ? undefined : take(stream.textBias),
    timestepRows: stream.timestepRows.map(take),
    promptRows: stream.promptRows?.map(take),
    exchangeRows: stream.exchangeRows.map(take),
    rotary: takeRotary(stream.rotary),
    exchangeRotary: takeRotary(stream.exchangeRotary),
  });
  const perturbations = perturbationsOfRows(context.perturbations, rows);
  return { ...context, video: cut(context.video), audio: cut(context.audio), perturbations };
}

/**
 * One block of the LTX-2 transformer in the current scope: each stream attends to itself and to the text, the streams attend to each
 * other, each goes through its feed-forward layer (`LTX2VideoTransformerBlock`).
 * @param hidden residual streams, [B, N, width] f32.
 * @returns the same shapes.
 */
export function ltx2TransformerBlock(hidden: OfBoth<Tensor>, index: number, context: Ltx2BlockContext): OfBoth<Tensor> {
  const { config } = context;
  const layers = ofBoth((modality) => streamLayers(modality, index, context));
  const attended = ofBoth((modality) => layers[modality].attendToText(layers[modality].attendToSelf(hidden[modality])));
  const exchanged = exchange(attended, index, context);
  return ofBoth((modality) => layers[modality].feedForward(exchanged[modality], config));
}

/** Makes something of the picture, then of the sound. */
export function ofBoth<T>(make: (modality: Modality) => T): OfBoth<T> {
  return { video: make('video'), audio: make('audio') };
}

interface StreamLayers {
  attendToSelf(hidden: Tensor): Tensor;
  attendToText(hidden: Tensor): Tensor;
  feedForward(hidden: Tensor, config: Ltx2TransformerConfig): Tensor;
}

/** The layers of a block that know one stream only. */
function streamLayers(modality: Modality, index: number, context: Ltx2BlockContext): StreamLayers {
  const { config, perturbations, capture } = context;
  const stream = context[modality];
  const shape = streamShape(config, modality);
  const { prefix } = shape;
  const rows = modulationRows(`${prefix}scale_shift_table`, shape.modulationRows, stream.timestepRows);
  const [shiftSelf, scaleSelf, gateSelf, shiftFeed, scaleFeed, gateFeed, shiftText, scaleText, gateText] = rows;
  const captureAs = (layer: string, value: Tensor): void => capture(`transformer_blocks.${index}.${prefix}${layer}`, () => value);
  return {
    attendToSelf(hidden) {
      const { tracer } = hidden;
      const [batch] = hidden.shape;
      const normed = modulate(blockNorm(`${prefix}norm1`, hidden, config), shiftSelf, scaleSelf);
      const attending = rowChoice(perturbations, 'attention', index, batch);
      const values = rowChoice(perturbationsOfRows(perturbations, attending.usual), 'attention-values', index, attending.usual.length);
      const take = (x: Tensor): Tensor => takeRows(x, attending.usual, batch);
      const attended = joinRows(
        attending,
        () =>
          tracer.scope(`${prefix}attn1`, () =>
            attentionLayer(take(normed), {
              ...attentionOptions(config, shape),
              rotary: { cos: take(stream.rotary.cos), sin: take(stream.rotary.sin) },
              attending: values,
            }),
          ),
        () => takeRows(normed, attending.perturbed, batch),
      );
      captureAs('attn1', attended);
      return add(hidden, multiply(attended, gateSelf, 'f32'));
    },
    attendToText(hidden) {
      const { tracer } = hidden;
      const normed = blockNorm(`${prefix}norm2`, hidden, config);
      const query = shape.modulationRows === 9 ? modulate(normed, shiftText, scaleText) : normed;
      const text = modulatedText(stream, config, shape);
      const attended = tracer.scope(`${prefix}attn2`, () =>
        attentionLayer(query, {
          ...attentionOptions(config, shape),
          context: text,
          ...(stream.textBias === undefined ? {} : { bias: stream.textBias }),
        }),
      );
      captureAs('attn2', attended);
      return add(hidden, shape.modulationRows === 9 ? multiply(attended, gateText, 'f32') : attended);
    },
    feedForward(hidden) {
      const { tracer } = hidden;
      const [batch] = hidden.shape;
      const normed = modulate(blockNorm(`${prefix}norm3`, hidden, config), shiftFeed, scaleFeed);
      const feeding = rowChoice(perturbations, 'feed-forward', index, batch);
      const fed = joinRows(
        feeding,
        () =>
          tracer.scope(`${prefix}ff`, () =>
            feedForward(takeRows(normed, feeding.usual, batch), config.activation_fn, { bias: shape.feedForwardBias }),
          ),
        () => takeRows(normed, feeding.perturbed, batch),
      );
      captureAs('ff', fed);
      return add(hidden, multiply(fed, gateFeed, 'f32'));
    },
  };
}

/** The text as a block reads it: modulated where the model modulates text at all. */
function modulatedText({ text, promptRows }: Ltx2StreamContext, config: Ltx2TransformerConfig, { prefix, width }: StreamShape): Tensor {
  if (!modulatesText(config)) return text;
  const table = `${prefix}prompt_scale_shift_table`;
  const [shift, scale] = promptRows === undefined ? tableRows(text.tracer, table, 2, width) : modulationRows(table, 2, promptRows);
  return modulate(text, shift, scale);
}

/** Picture attends to sound and sound to picture, both as they were before. */
function exchange(hidden: OfBoth<Tensor>, index: number, context: Ltx2BlockContext): OfBoth<Tensor> {
  const { config, perturbations, silent = false } = context;
  const batch = hidden.video.shape[0];
  const toVideo = rowChoice(perturbations, 'audio-to-video', index, batch);
  const toAudio = rowChoice(perturbations, 'video-to-audio', index, batch);
  if (toVideo.usual.length === 0 && toAudio.usual.length === 0) return hidden;
  const normed: OfBoth<Tensor> = {
    video: blockNorm('audio_to_video_norm', hidden.video, config),
    audio: blockNorm('video_to_audio_norm', hidden.audio, config),
  };
  const rows = ofBoth((modality) => modulationRows(`${modality}_a2v_cross_attn_scale_shift_table`, 5, context[modality].exchangeRows));
  const audioShape = streamShape(config, 'audio');
  const toward = (to: Modality, from: Modality, choice: RowChoice, name: string, firstRow: number): Tensor =>
    joinRows(
      choice,
      () => {
        const take = (x: Tensor): Tensor => takeRows(x, choice.usual, batch);
        const takeRotary = ({ cos, sin }: RotaryTensors): RotaryTensors => ({ cos: take(cos), sin: take(sin) });
        const modulated = (modality: Modality): Tensor =>
          modulate(take(normed[modality]), take(rows[modality][firstRow + 1]), take(rows[modality][firstRow]));
        const attended = hidden[to].tracer.scope(name, () =>
          attentionLayer(modulated(to), {
            ...attentionOptions(config, audioShape),
            gated: streamShape(config, to).gated,
            width: audioShape.width,
            context: modulated(from),
            rotary: takeRotary(context[to].exchangeRotary),
            keyRotary: takeRotary(context[from].exchangeRotary),
          }),
        );
        const gate = take(rows[to][4]);
        return add(take(hidden[to]), multiply(attended, silent && to === 'video' ? multiply(gate, 0) : gate, 'f32'));
      },
      () => takeRows(hidden[to], choice.perturbed, batch),
    );
  return {
    video: toward('video', 'audio', toVideo, 'audio_to_video_attn', 0),
    audio: toward('audio', 'video', toAudio, 'video_to_audio_attn', 2),
  };
}

function attentionOptions(
  config: Ltx2TransformerConfig,
  { heads, gated }: Pick<StreamShape, 'heads' | 'gated'>,
): Pick<AttentionLayerOptions, 'heads' | 'normEps' | 'ropeLayout' | 'gated' | 'projectionBias' | 'outputBias'> {
  return {
    heads,
    normEps: queryKeyNormEps,
    ropeLayout: config.rope_type,
    gated,
    projectionBias: config.attention_bias,
    outputBias: config.attention_out_bias,
  };
}

function blockNorm(name: string, x: Tensor, { norm_eps, norm_elementwise_affine }: Ltx2TransformerConfig): Tensor {
  return norm_elementwise_affine ? rmsNormLayer(name, x, norm_eps) : rmsNorm(x, { eps: norm_eps });
}
