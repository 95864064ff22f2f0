import { audioLatentFrames, type AudioLatentShape } from '../diffusion';
import type { Waveform } from '../audio';
import { AiprodError } from '../errors';
import type { FrameRate } from '../media';
import type { Video } from '../models';
import type { AudioTensor } from './audio-codec';
import type { AudioLayout } from './audio-parts';
import { isTensor, runGraph, type NodeEvent, type NodeKind, type NodeSpec, type Ref, type TensorValue } from './dag';
import { soundOf } from './definitions/source-sound';
import type { GpuMachine } from './gpu-machine';
import { framesPerSecond } from './job';
import { videoKinds } from './video-kinds';
import { familyOf, type VideoModel } from './model-family';
import type { OpenFrameSink } from './nodes/decode';
import type { MediaFacts, MediaLibrary } from './nodes/load-media';
import { waveformOfTensor } from './nodes/sound-value';
import { ref, videoOf } from './nodes/video-value';
import { forecastOf } from './plan-job';

/** What turning videos into latents, and back, runs on. */
export interface TranscodeRequest {
  readonly model: VideoModel;
  readonly machine: GpuMachine;
  readonly seed: number;
  /** Most bytes of GPU memory. */
  readonly memoryBudget?: number;
  readonly signal?: AbortSignal;
  onProgress?(step: number, steps: number): void;
}

export interface EncodeVideoRequest extends TranscodeRequest {
  readonly media: MediaLibrary;
  readonly file: string;
  readonly facts: MediaFacts;
  /** Of the pixels that are encoded: multiples of the model's. */
  readonly width: number;
  readonly height: number;
  /** From the first on: the model's temporal compression times n, plus 1. */
  readonly frames: number;
}

/**
 * A video to latents [1, C, F, H, W] in the model's units, the mean of what the encoder gives; scaled and cut at the centre to the
 * size.
 *
 * @throws AiprodError `bad-input` for sizes that are no whole latents and for videos that are too short
 */
export async function encodeVideo(request: EncodeVideoRequest): Promise<Video> {
  const { model, machine, file, facts, width, height, frames, seed, media } = request;
  const { sizeMultiple, frameMultiple } = model.traits;
  const nearest = (size: number): number => Math.max(sizeMultiple, Math.round(size / sizeMultiple) * sizeMultiple);
  if (width % sizeMultiple !== 0 || height % sizeMultiple !== 0) {
    throw new AiprodError('bad-input', 'this model encodes no such size', {
      expected: `width and height in multiples of ${sizeMultiple} pixels`,
      found: `${width}x${height}`,
      hint: `Use --width ${nearest(width)} --height ${nearest(height)}`,
    });
  }
  const largest = Math.floor((facts.frames - 1) / frameMultiple) * frameMultiple + 1;
  if (frames > facts.frames || (frames - 1) % frameMultiple !== 0) {
    throw new AiprodError('bad-input', 'this number of frames cannot be encoded', {
      where: file,
      expected: `${frameMultiple} x n + 1, at most ${facts.frames}`,
      found: String(frames),
      hint: `Use --frames ${Math.min(largest, Math.round((frames - 1) / frameMultiple) * frameMultiple + 1)}`,
    });
  }
  const range = { file, fingerprint: facts.fingerprint, start: 0, count: frames, lead: 0, tail: 0, width, height };
  const nodes: NodeSpec[] = [
    { name: 'load', kind: 'load-media', inputs: {}, settings: range, placement: 'cpu' },
    {
      name: 'encode',
      kind: 'encode-latents',
      inputs: { video: ref('load', 'video') },
      settings: { seed, index: 0, posterior: 'mean', shape: [1, 3, frames, height, width], model: null },
      placement: 'gpu',
    },
  ];
  return videoOf(await runFor(request, nodes, 'encode', ref('encode', 'latents'), videoKinds({ machine, media, hooks: {} })));
}

export interface EncodeSoundRequest extends TranscodeRequest {
  readonly media: MediaLibrary;
  readonly file: string;
  /** Of the sound; see MediaLibrary.soundFacts. */
  readonly facts: MediaFacts;
  /** The clip that the sound is for: from its first sample on, silence after its last. Default: as long as the sound lasts. */
  readonly clip?: { readonly frames: number; readonly frameRate: FrameRate };
}

/**
 * A sound of any rate, in any number of channels, to audio latents [1, C, T, M] in the model's units: the mean of what the encoder
 * gives of its log-mel spectrogram.
 *
 * @throws AiprodError `bad-input` for a file without sound, `unsupported-model` for a model of pictures alone
 */
export async function encodeSound(request: EncodeSoundRequest): Promise<AudioTensor> {
  const { model, machine, file, facts, clip, media } = request;
  const layout = requireSound(model);
  const { sampleRate, seconds: whole } = soundOf(file, new Map([[file, facts]]));
  const seconds = clip === undefined ? whole : clip.frames / framesPerSecond(clip.frameRate);
  const shape: AudioLatentShape = [1, layout.channels, audioLatentFrames(seconds, 1, layout.rate), layout.bins];
  const nodes: NodeSpec[] = [
    {
      name: 'load-sound',
      kind: 'load-sound',
      inputs: {},
      settings: { file, fingerprint: facts.fingerprint, start: 0, seconds, sampleRate },
      placement: 'cpu',
    },
    {
      name: 'encode-sound',
      kind: 'encode-sound',
      inputs: { audio: ref('load-sound', 'audio') },
      settings: { sampleRate, shape: [...shape], model: null },
      placement: 'gpu',
    },
  ];
  const kinds = videoKinds({ machine, media, hooks: {} });
  const { data } = await runFor(request, nodes, 'encode-sound', ref('encode-sound', 'latents'), kinds);
  return { shape, data };
}

export interface DecodeVideoRequest extends TranscodeRequest {
  /** [1, C, F, H, W] in the model's units. */
  readonly latents: Video;
  /** [1, C, T, M] in the model's units: of the sound that is written beside the frames. */
  readonly audioLatents?: AudioTensor;
  /** Takes the frames as they are done. */
  readonly openSink: OpenFrameSink;
  readonly target: string;
}

/** Latents to the frames of a target, and its sound. @throws AiprodError `bad-input` for latents of another model */
export async function decodeVideo(request: DecodeVideoRequest): Promise<void> {
  const { model, machine, latents, audioLatents, seed, openSink, target } = request;
  const [batch, channels] = latents.shape;
  const { vae, decode: conditions } = familyOf(model);
  if (batch !== 1 || channels !== vae.latentChannels) throw notOfModel(`[1, ${vae.latentChannels}, F, H, W]`, latents.shape);
  const given = givenLatents('given', latents);
  const sound = audioLatents === undefined ? undefined : soundDecoding(model, audioLatents);
  const settings = { seed, shape: [...latents.shape], ...conditions, model: null, targets: [target] };
  const inputs = { latents: given.latents, ...(sound === undefined ? {} : { audio: sound.audio }) };
  const decode: NodeSpec = { name: 'decode', kind: 'decode-to', inputs, settings, placement: 'gpu' };
  const kinds = new Map([...videoKinds({ machine, hooks: {}, openSink }), given.kind, ...(sound?.kinds ?? [])]);
  const graph = [given.node, ...(sound?.nodes ?? []), decode];
  forecastOf(graph, kinds, request.memoryBudget);
  await runGraph({ graph, kinds, targets: [ref('decode', 'written')], ...watchOf(request, 'decode') });
}

export interface DecodeSoundRequest extends Omit<TranscodeRequest, 'seed'> {
  /** [1, C, T, M] in the model's units. */
  readonly audioLatents: AudioTensor;
}

/**
 * Audio latents to the sound that the vocoder makes of them, at its rate.
 * @throws AiprodError `bad-input` for latents of another model, `unsupported-model` for a model of pictures alone
 */
export async function decodeSound(request: DecodeSoundRequest): Promise<Waveform> {
  const { model, machine, audioLatents } = request;
  const { nodes, kinds, audio, sampleRate } = soundDecoding(model, audioLatents);
  const own = new Map([...videoKinds({ machine, hooks: {} }), ...kinds]);
  return waveformOfTensor(await runFor(request, nodes, audio.node, audio, own), sampleRate);
}

/** Audio latents that are given, and the node that makes sound of them. */
function soundDecoding(model: VideoModel, { shape, data }: AudioTensor) {
  const { channels, bins, sampleRate } = requireSound(model);
  const [batch, ...rest] = shape;
  if (batch !== 1 || rest[0] !== channels || rest[2] !== bins) throw notOfModel(`[1, ${channels}, T, ${bins}]`, shape);
  const given = givenLatents('given-audio', { shape, data });
  const settings = { shape: [...shape], model: null };
  const decode: NodeSpec = {
    name: 'decode-audio',
    kind: 'decode-audio',
    inputs: { latents: given.latents },
    settings,
    placement: 'gpu',
  };
  return { nodes: [given.node, decode], kinds: [given.kind], audio: ref('decode-audio', 'audio'), sampleRate };
}

/** A node, of a kind of its own, whose `latents` are at hand. */
function givenLatents(name: string, latents: TensorValue) {
  const kind: NodeKind = {
    name,
    version: 1,
    outputs: ['latents'],
    keep: 'never',
    check: () => undefined,
    run: () => Promise.resolve({ latents }),
  };
  const node: NodeSpec = { name, kind: name, inputs: {}, settings: {}, placement: 'cpu' };
  return { node, kind: [name, kind] as const, latents: ref(name, 'latents') };
}

function requireSound(model: VideoModel): AudioLayout {
  const { audio, title } = familyOf(model);
  if (audio !== undefined) return audio;
  throw new AiprodError('unsupported-model', 'the model makes no sound', {
    where: model.name,
    expected: 'an LTX-2 model',
    found: title,
    hint: 'Name the model with --model',
  });
}

function notOfModel(expected: string, found: readonly number[]): AiprodError {
  return new AiprodError('bad-input', 'the latents are not of this model', {
    expected,
    found: `[${found.join(', ')}]`,
    hint: 'Name the model that made them with --model',
  });
}

async function runFor(
  request: Omit<TranscodeRequest, 'seed'>,
  nodes: readonly NodeSpec[],
  watched: string,
  target: Ref,
  kinds: ReadonlyMap<string, NodeKind>,
): Promise<TensorValue> {
  forecastOf(nodes, kinds, request.memoryBudget);
  const { outputs } = await runGraph({ graph: nodes, kinds, targets: [target], ...watchOf(request, watched) });
  const value = outputs.get(`${target.node}.${target.output}`);
  if (!isTensor(value)) throw new AiprodError('internal', `${target.node} gave no ${target.output}`);
  return value;
}

function watchOf(
  { signal, onProgress }: Pick<TranscodeRequest, 'signal' | 'onProgress'>,
  watched: string,
): { signal?: AbortSignal; onEvent(event: NodeEvent): void } {
  return {
    ...(signal === undefined ? {} : { signal }),
    onEvent: (event) => void (event.kind === 'progress' && event.node === watched && onProgress?.(event.step, event.steps)),
  };
}
