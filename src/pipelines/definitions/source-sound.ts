import { AiprodError } from '../../errors';
import { framesPerSecond, type KnownMedia, type ModelTraits, type ResolvedJob } from '../job';
import { audioShapeOf, type GraphContext } from '../pipeline-graph';
import type { NodeSpec, Ref } from '../dag';
import { ref } from '../nodes/video-value';

/** A sound out of a file, as it is and as the model hears it. */
export interface SourceSound {
  readonly nodes: readonly NodeSpec[];
  /** [channels, samples], of the file's own rate. */
  readonly audio: Ref;
  readonly sampleRate: number;
  /** Of the whole clip, in the model's units. */
  readonly latents: Ref;
}

/** Loads the sound of a file for the length of the clip, and encodes it; undefined where the file has none, or the model makes none. */
export function sourceSound(context: GraphContext, file: string, start = 0): SourceSound | undefined {
  const { job, media, audio, identity } = context;
  const facts = media.get(file);
  const sound = facts?.sound ?? undefined;
  if (audio === undefined || facts === undefined || sound === undefined) return undefined;
  const { sampleRate } = sound;
  const seconds = job.frames / framesPerSecond(job.frameRate);
  return {
    nodes: [
      {
        name: 'load-sound',
        kind: 'load-sound',
        inputs: {},
        settings: { file, fingerprint: facts.fingerprint, start, seconds, sampleRate },
        placement: 'cpu',
      },
      {
        name: 'encode-sound',
        kind: 'encode-sound',
        inputs: { audio: ref('load-sound', 'audio') },
        settings: { sampleRate, shape: [...audioShapeOf(audio, job)], model: identity.audio },
        placement: 'gpu',
      },
    ],
    audio: ref('load-sound', 'audio'),
    sampleRate,
    latents: ref('encode-sound', 'latents'),
  };
}

/** Refuses a model that makes no sound. */
export function requireSoundModel(job: Pick<ResolvedJob, 'pipeline' | 'model'>, traits: ModelTraits): void {
  if (traits.sound === true) return;
  throw new AiprodError('unsupported-model', `the pipeline ${job.pipeline} needs a model of picture and sound`, {
    where: job.model,
    expected: 'an LTX-2 model',
    found: 'a model of pictures alone',
  });
}

/** What is known of the sound of a file that must have one. */
export function soundOf(file: string, media: KnownMedia): { readonly sampleRate: number; readonly seconds: number } {
  const sound = media.get(file)?.sound;
  if (sound !== undefined && sound !== null) return sound;
  throw new AiprodError('bad-input', 'the file holds no sound', {
    where: file,
    expected: 'a WAV, MP3, FLAC, OGG or AAC file, or a video with a sound track',
  });
}
