import type { NodeKind } from './dag';
import type { VideoMachine } from './video-machine';
import { decodeAudioKind } from './nodes/decode-audio';
import { decodeKind, decodeToKind, type OpenFrameSink } from './nodes/decode';
import type { DenoiseHooks } from './nodes/along-schedule';
import { denoiseAudioVideoKind, denoiseKind } from './nodes/denoise-latents';
import { encodeLatentsKind } from './nodes/encode-latents';
import { encodeImageKind } from './nodes/encode-image';
import { encodeTextKind } from './nodes/encode-text';
import { joinSoundsKind } from './nodes/join-sounds';
import { joinVideosKind } from './nodes/join-videos';
import { denoiseSoundKind } from './nodes/denoise-sound';
import { encodeSoundKind } from './nodes/encode-sound';
import { finishSoundKind } from './nodes/finish-sound';
import { loadSoundKind } from './nodes/load-sound';
import { loadMediaKind, type MediaLibrary } from './nodes/load-media';
import { noiseKind } from './nodes/noise';
import { placeAudioKind } from './nodes/place-audio';
import { placeImageKind } from './nodes/place-image';
import { placeConditionsKind } from './nodes/place-conditions';
import { upsampleLatentsKind } from './nodes/upsample-latents';
import { writeKind, type WriteTarget } from './nodes/write';

/** What graphs of video models run on. */
export interface VideoKindsOptions {
  readonly machine: VideoMachine;
  readonly hooks: DenoiseHooks;
  /** Absent where graphs load no files. */
  readonly media?: MediaLibrary;
  /** Absent where graphs write nothing. */
  readonly write?: WriteTarget;
  /** Absent where graphs stream no frames. */
  readonly openSink?: OpenFrameSink;
}

/** The kinds of nodes that pipelines are made of. */
export function videoKinds({ machine, hooks, media, write, openSink }: VideoKindsOptions): ReadonlyMap<string, NodeKind> {
  const kinds = [
    loadMediaKind(media),
    loadSoundKind(media),
    encodeSoundKind(machine),
    finishSoundKind,
    joinSoundsKind,
    encodeTextKind(machine),
    encodeImageKind(machine),
    placeImageKind(machine),
    encodeLatentsKind(machine),
    noiseKind(machine),
    placeConditionsKind(machine),
    denoiseKind(machine, hooks),
    placeAudioKind,
    denoiseAudioVideoKind(machine, hooks),
    denoiseSoundKind(machine, hooks),
    decodeAudioKind(machine),
    upsampleLatentsKind(machine),
    decodeKind(machine),
    decodeToKind(machine, openSink),
    joinVideosKind,
    writeKind(machine, write),
  ];
  return new Map(kinds.map((kind) => [kind.name, kind]));
}
