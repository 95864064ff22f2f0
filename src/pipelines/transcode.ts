import { AiprodError } from '../errors';
import type { Video } from '../models';
import { isTensor, runGraph, type NodeEvent, type NodeSpec, type Ref } from './dag';
import type { GpuMachine } from './gpu-machine';
import { videoKinds } from './video-kinds';
import { familyOf, type VideoModel } from './model-family';
import type { OpenFrameSink } from './nodes/decode';
import type { MediaFacts, MediaLibrary } from './nodes/load-media';
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
  return runFor(request, nodes, 'encode', ref('encode', 'latents'), { media, machine });
}

export interface DecodeVideoRequest extends TranscodeRequest {
  /** [1, C, F, H, W] in the model's units. */
  readonly latents: Video;
  /** Takes the frames as they are done. */
  readonly openSink: OpenFrameSink;
  readonly target: string;
}

/** Latents to the frames of a target. @throws AiprodError `bad-input` for latents of another model */
export async function decodeVideo(request: DecodeVideoRequest): Promise<void> {
  const { model, machine, latents, seed, openSink, target } = request;
  const [batch, channels] = latents.shape;
  const { vae, decode: conditions } = familyOf(model);
  if (batch !== 1 || channels !== vae.latentChannels) {
    throw new AiprodError('bad-input', 'the latents are not of this model', {
      expected: `[1, ${vae.latentChannels}, F, H, W]`,
      found: `[${latents.shape.join(', ')}]`,
      hint: 'Name the model that made them with --model',
    });
  }
  const given = { name: 'given', kind: 'given-latents', inputs: {}, settings: {}, placement: 'cpu' } as const;
  const settings = { seed, shape: [...latents.shape], ...conditions, model: null, targets: [target] };
  const decode: NodeSpec = { name: 'decode', kind: 'decode-to', inputs: { latents: ref('given', 'latents') }, settings, placement: 'gpu' };
  const kinds = new Map([
    ...videoKinds({ machine, hooks: {}, openSink }),
    [
      given.kind,
      {
        name: given.kind,
        version: 1,
        outputs: ['latents'],
        keep: 'never' as const,
        check: () => undefined,
        run: () => Promise.resolve({ latents }),
      },
    ] as const,
  ]);
  forecastOf([decode], kinds, request.memoryBudget);
  await runGraph({ graph: [given, decode], kinds, targets: [ref('decode', 'written')], ...watchOf(request, 'decode') });
}

async function runFor(
  request: TranscodeRequest,
  nodes: readonly NodeSpec[],
  watched: string,
  target: Ref,
  options: { readonly machine: GpuMachine; readonly media: MediaLibrary },
): Promise<Video> {
  const kinds = videoKinds({ ...options, hooks: {} });
  forecastOf(nodes, kinds, request.memoryBudget);
  const { outputs } = await runGraph({ graph: nodes, kinds, targets: [target], ...watchOf(request, watched) });
  const value = outputs.get(`${target.node}.${target.output}`);
  if (!isTensor(value)) throw new AiprodError('internal', `${target.node} gave no ${target.output}`);
  return videoOf(value);
}

function watchOf({ signal, onProgress }: TranscodeRequest, watched: string): { signal?: AbortSignal; onEvent(event: NodeEvent): void } {
  return {
    ...(signal === undefined ? {} : { signal }),
    onEvent: (event) => void (event.kind === 'progress' && event.node === watched && onProgress?.(event.step, event.steps)),
  };
}
