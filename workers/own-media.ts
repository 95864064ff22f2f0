import { integratedLoudness, sampleCount, waveformPeaks, type Waveform, type WaveformPeaks } from '../src/audio';
import { AiprodError } from '../src/errors';
import { compressImage, openVideo, readSound } from '../src/media/browser';
import { sha256 } from '../src/numeric/sha256';
import type { MediaFacts, MediaLibrary } from '../src/pipelines';
import { freeName } from './free-name';

/** A sound of the person's, decoded once: what jobs call it, and what its drawing needs. */
export interface OwnSound {
  /** Its name in jobs: `audio.file`. */
  readonly file: string;
  readonly facts: MediaFacts & { readonly sound: { readonly sampleRate: number; readonly seconds: number } };
  readonly peaks: WaveformPeaks;
  /** Integrated loudness in LUFS; -Infinity for silence, and for less than 0.4 s. */
  readonly loudness: number;
}

export interface OwnMediaApi {
  /**
   * Takes a file whose sound jobs may name until the page is closed: anything that `readSound` reads here, a video too. The same content
   * gives the same name again.
   * @throws AiprodError `bad-input` when it holds no sound or is damaged, `codec-unavailable` when the browser does not decode it
   */
  addSound(file: File): Promise<OwnSound>;
}

/** Files that the person gave to the page, by the names that jobs call them. */
export interface OwnMedia extends OwnMediaApi {
  readonly library: MediaLibrary;
}

export function createOwnMedia(): OwnMedia {
  const files = new Map<string, { readonly blob: Blob; readonly sound: OwnSound }>();

  const given = (name: string): { readonly blob: Blob; readonly sound: OwnSound } => {
    const file = files.get(name);
    if (file !== undefined) return file;
    throw new AiprodError('bad-input', 'the page has no such file', {
      where: name,
      expected: [...files.keys()].join(', ') || 'a file that was given to the page',
      hint: 'Choose the file again',
    });
  };

  return {
    async addSound(file) {
      const fingerprint = `sha256:${await sha256(new Uint8Array(await file.arrayBuffer()))}`;
      for (const { sound } of files.values()) if (sound.facts.fingerprint === fingerprint) return sound;
      const waveform = await decoded(file, file.name);
      const seconds = sampleCount(waveform) / waveform.sampleRate;
      const sound: OwnSound = {
        file: freeName(file.name, new Set(files.keys())),
        facts: { width: 0, height: 0, frames: 0, frameRate: null, fingerprint, sound: { sampleRate: waveform.sampleRate, seconds } },
        peaks: waveformPeaks(waveform),
        loudness: integratedLoudness(waveform),
      };
      files.set(sound.file, { blob: file, sound });
      return sound;
    },
    library: {
      async facts(name) {
        const { blob, sound } = given(name);
        const reader = await openVideo(blob);
        try {
          const { width, height, frameCount, frameRate } = reader;
          return { ...sound.facts, width, height, frames: frameCount, frameRate };
        } finally {
          await reader.close();
        }
      },
      soundFacts: async (name) => given(name).sound.facts,
      sound: async (name) => decoded(given(name).blob, name),
      open: async (name) => openVideo(given(name).blob),
      compressImage,
    },
  };
}

async function decoded(blob: Blob, where: string): Promise<Waveform> {
  const waveform = await readSound(blob);
  if (waveform !== null && sampleCount(waveform) > 0) return waveform;
  throw new AiprodError('bad-input', 'the file holds no sound', {
    where,
    expected: 'a WAV, MP3, FLAC, OGG or AAC file, or a video with a sound track',
  });
}
