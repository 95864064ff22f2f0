import { integratedLoudness, sampleCount, waveformPeaks, type Waveform, type WaveformPeaks } from '../src/audio';
import { AiprodError } from '../src/errors';
import { compressImage, openVideo, readSound } from '../src/media/browser';
import { fingerprintFile, type MediaFacts, type MediaLibrary } from '../src/pipelines';
import { freeName } from './free-name';
import { smallPicture, type SmallPicture } from './small-picture';

type SoundFacts = MediaFacts & { readonly sound: { readonly sampleRate: number; readonly seconds: number } };

/** A sound of the person's, decoded once: what jobs call it, and what its drawing needs. */
export interface OwnSound {
  /** Its name in jobs: `audio.file`. */
  readonly file: string;
  readonly facts: SoundFacts;
  readonly peaks: WaveformPeaks;
  /** Integrated loudness in LUFS; -Infinity for silence, and for less than 0.4 s. */
  readonly loudness: number;
}

/** An image or video of the person's: what jobs call it, and what of it is shown. */
export interface OwnPicture {
  /** Its name in jobs: `conditions[].file`, `video`. */
  readonly file: string;
  readonly facts: MediaFacts;
  /** Its first frame, small. */
  readonly thumbnail: SmallPicture;
}

/** The same content gives the same name again, whichever way it comes in. */
export interface OwnMediaApi {
  /**
   * Takes a file whose sound jobs may name until the page is closed: anything that `readSound` reads here, a video too.
   * @param name what jobs are to call it, where one names it already
   * @throws AiprodError `bad-input` when it holds no sound or is damaged, `codec-unavailable` when the browser does not decode it
   */
  addSound(file: File, name?: string): Promise<OwnSound>;
  /**
   * Takes an image or video that jobs may name until the page is closed; an image is a clip of one frame.
   * @throws AiprodError as `addSound`
   */
  addMedia(file: File, name?: string): Promise<OwnPicture>;
}

/** Files that the person gave to the page, by the names that jobs call them. */
export interface OwnMedia extends OwnMediaApi {
  readonly library: MediaLibrary;
}

interface OwnFile {
  readonly blob: Blob;
  readonly fingerprint: string;
  sound?: OwnSound;
  picture?: OwnPicture;
}

export function createOwnMedia(): OwnMedia {
  const files = new Map<string, OwnFile>();

  const given = (name: string): OwnFile => {
    const file = files.get(name);
    if (file !== undefined) return file;
    throw new AiprodError('bad-input', 'the page has no such file', {
      where: name,
      expected: [...files.keys()].join(', ') || 'a file that was given to the page',
      hint: 'Choose the file again',
    });
  };

  /** The file's place, new or of the same content. It is kept only once it was read. */
  const placeOf = async (file: File, wanted: string | undefined): Promise<readonly [string, OwnFile]> => {
    const fingerprint = await fingerprintOf(file);
    for (const [name, own] of files) if (own.fingerprint === fingerprint && (wanted === undefined || wanted === name)) return [name, own];
    if (wanted !== undefined && files.has(wanted)) {
      throw new AiprodError('bad-input', 'another file has this name already', { where: wanted, expected: fingerprint });
    }
    return [wanted ?? freeName(file.name, new Set(files.keys())), { blob: file, fingerprint }];
  };

  const soundOf = async (name: string, own: OwnFile): Promise<OwnSound> => {
    if (own.sound !== undefined) return own.sound;
    const waveform = await decoded(own.blob, name);
    const seconds = sampleCount(waveform) / waveform.sampleRate;
    const { fingerprint } = own;
    own.sound = {
      file: name,
      facts: { width: 0, height: 0, frames: 0, frameRate: null, fingerprint, sound: { sampleRate: waveform.sampleRate, seconds } },
      peaks: waveformPeaks(waveform),
      loudness: integratedLoudness(waveform),
    };
    return own.sound;
  };

  return {
    async addSound(file, wanted) {
      const [name, own] = await placeOf(file, wanted);
      const sound = await soundOf(name, own);
      files.set(name, own);
      return sound;
    },

    async addMedia(file, wanted) {
      const [name, own] = await placeOf(file, wanted);
      if (own.picture === undefined) {
        const reader = await openVideo(own.blob);
        try {
          const { width, height, frameCount, frameRate } = reader;
          const facts: MediaFacts = { width, height, frames: frameCount, frameRate, fingerprint: own.fingerprint };
          own.picture = { file: name, facts, thumbnail: await smallPicture(reader, name) };
        } finally {
          await reader.close();
        }
      }
      files.set(name, own);
      return own.picture;
    },

    library: {
      async facts(name) {
        const own = given(name);
        if (own.picture !== undefined) return own.picture.facts;
        const reader = await openVideo(own.blob);
        try {
          const { width, height, frameCount, frameRate } = reader;
          return { ...own.sound?.facts, width, height, frames: frameCount, frameRate, fingerprint: own.fingerprint };
        } finally {
          await reader.close();
        }
      },
      async soundFacts(name) {
        const own = given(name);
        if (own.sound !== undefined) return own.sound.facts;
        const waveform = await readSound(own.blob);
        const sound = waveform === null ? null : { sampleRate: waveform.sampleRate, seconds: sampleCount(waveform) / waveform.sampleRate };
        return { width: 0, height: 0, frames: 0, frameRate: null, fingerprint: own.fingerprint, sound };
      },
      sound: async (name) => readSound(given(name).blob),
      open: async (name) => openVideo(given(name).blob),
      compressImage,
    },
  };
}

function fingerprintOf(file: File): Promise<string> {
  return fingerprintFile({
    size: file.size,
    read: async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
  });
}

async function decoded(blob: Blob, where: string): Promise<Waveform> {
  const waveform = await readSound(blob);
  if (waveform !== null && sampleCount(waveform) > 0) return waveform;
  throw new AiprodError('bad-input', 'the file holds no sound', {
    where,
    expected: 'a WAV, MP3, FLAC, OGG or AAC file, or a video with a sound track',
  });
}
