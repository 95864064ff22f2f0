import { AiprodError } from '../../errors';
import { buildLtx2TransformerGraph, compressionRatios, ltx2TimestepInputs, streamShape, type Ltx2Positions } from '../../models';
import type { VideoModel } from '../../pipelines';
import { trainingNames } from '../../training';
import { inThousands } from './timesteps';
import type { StreamBatch, TextBatch, TrainedTransformer, TransformerShape } from './trained-transformer';

/**
 * The transformer of LTX-2, as it is trained: picture and sound together, or one of both alone, without what they tell each other. The sound of a clip that has
 * none is one token, which the picture is not told and of which nothing is learned.
 */
export function trainedLtx2({ transformer, vae, release }: Extract<VideoModel, { family: 'ltx-2' }>): TrainedTransformer {
  const crossTimestep = release.version !== '2.0';
  const { inChannels, textChannels } = streamShape(transformer, 'audio');
  const everyBlock = Array.from({ length: transformer.num_layers }, (_, block) => block);
  return {
    latentChannels: vae.latent_channels,
    textWidth: streamShape(transformer, 'video').textChannels,
    patch: transformer,
    ratios: compressionRatios(vae),
    givesTokens: true,
    audio: { features: inChannels, textWidth: textChannels },
    graph(shape, dtype) {
      const { batch, textLength, timesteps, video, audio } = shape;
      const isolated = video === 'none' || audio.part === 'none';
      return buildLtx2TransformerGraph(transformer, {
        batch,
        positions: positionsOf(shape),
        textLength,
        timesteps: { video: timesteps, audio: audio.timesteps },
        crossTimestep,
        silent: audio.silent,
        pictureAlone: audio.part === 'none',
        soundAlone: video === 'none',
        perturbations: isolated ? (['audio-to-video', 'video-to-audio'] as const).map((kind) => ({ kind, blocks: everyBlock })) : [],
        dtype,
      }).graph;
    },
    inputs({ video, audio, text }, shape) {
      if (audio === undefined || text.audioStates === undefined)
        throw new AiprodError('internal', 'a model of picture and sound was given no sound');
      const isLearned = { video: shape.video === 'generated', audio: shape.audio.part === 'generated' && !shape.audio.silent };
      return {
        ...streamInputs('', video, text, isLearned.video),
        ...streamInputs('audio_', audio, { ...text, states: text.audioStates }, isLearned.audio),
        ...ltx2TimestepInputs(transformer, { video: timestepsOf(video), audio: timestepsOf(audio) }, { crossTimestep }),
      };
    },
  };
}

function positionsOf({ positions, bounds, frameRate, audio }: TransformerShape): Ltx2Positions {
  if (bounds !== undefined) return { video: { bounds }, audioFrames: audio.frames };
  if ('coordinates' in positions) throw new AiprodError('internal', 'the tokens of a model of picture and sound have no bounds');
  const { frames, height, width } = positions;
  return { video: { frames, height, width, fps: frameRate }, audioFrames: audio.frames };
}

function streamInputs(
  prefix: '' | 'audio_',
  { noisy, target }: StreamBatch,
  text: TextBatch,
  learned: boolean,
): Record<string, Float32Array> {
  return {
    [`${prefix}hidden_states`]: noisy,
    [`${prefix}encoder_hidden_states`]: text.states,
    [`${prefix}encoder_attention_mask`]: text.mask,
    ...(learned ? { [`${prefix}${trainingNames.target}`]: target } : {}),
  };
}

const timestepsOf = ({ levels, sampleLevels }: StreamBatch) => ({ tokens: inThousands(levels), sample: inThousands(sampleLevels) });
