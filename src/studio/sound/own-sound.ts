import type { GeneratorConnection, OwnSound } from '../../../workers';
import type { JobInput, KnownMedia, ModelTraits } from '../../pipelines';
import type { ConversionState } from '../convert/conversion-state';
import { problemOf, type Problem } from '../state/problem';
import type { Reason } from '../state/reason';

/** The sound that clips are made for. */
export type SoundInput =
  | { readonly status: 'none' }
  | { readonly status: 'reading'; readonly name: string }
  | { readonly status: 'ready'; readonly sound: OwnSound; /** Seconds of it before the clip begins. */ readonly start: number }
  | { readonly status: 'failed'; readonly name: string; readonly problem: Problem };

export interface SoundState {
  readonly ownSound: SoundInput;

  /** Decodes a file of the person's; the last one that was chosen counts. */
  chooseSound(file: File): Promise<void>;
  /** @param seconds of the sound before the clip begins; brought to where the sound is */
  startSoundAt(seconds: number): void;
  removeSound(): void;
  /** Takes the sound of a job that was run; none where the job had none. */
  takeSoundOf(job: Pick<JobInput, 'audio'>): void;
}

export interface SoundActionsOptions {
  readonly connection: () => GeneratorConnection | undefined;
  readonly get: () => SoundState & Pick<ConversionState, 'readOrConvert'>;
  readonly set: (change: Partial<SoundState>) => void;
  /** Hears of every file, so that a queue can keep those that its jobs name. */
  readonly onFile: (name: string, fingerprint: string, content: File) => void;
}

const none: SoundInput = { status: 'none' };

export function soundActions({ connection, get, set, onFile }: SoundActionsOptions): SoundState {
  /** Every sound of this session, by its name in jobs. */
  const known = new Map<string, OwnSound>();
  let turn = 0;
  return {
    ownSound: none,

    async chooseSound(file) {
      const opened = connection();
      if (opened === undefined) return;
      const own = ++turn;
      set({ ownSound: { status: 'reading', name: file.name } });
      try {
        const [content, sound] = await get().readOrConvert(file, (own) => opened.addSound(own));
        known.set(sound.file, sound);
        onFile(sound.file, sound.facts.fingerprint, content);
        if (own === turn) set({ ownSound: { status: 'ready', sound, start: 0 } });
      } catch (error) {
        if (own === turn) set({ ownSound: { status: 'failed', name: file.name, problem: problemOf(error) } });
      }
    },

    startSoundAt(seconds) {
      const { ownSound } = get();
      if (ownSound.status !== 'ready') return;
      // A hundredth of a second is finer than a frame; the last one is still within the sound.
      const last = Math.max(0, Math.ceil(ownSound.sound.facts.sound.seconds * 100) / 100 - 0.01);
      set({ ownSound: { ...ownSound, start: Math.round(Math.min(last, Math.max(0, seconds)) * 100) / 100 } });
    },

    removeSound() {
      turn++;
      set({ ownSound: none });
    },

    takeSoundOf({ audio }) {
      turn++;
      const sound = audio === undefined ? undefined : known.get(audio.file);
      set({ ownSound: sound === undefined ? none : { status: 'ready', sound, start: audio?.start ?? 0 } });
    },
  };
}

/** What a job says of the sound, and what is known of the file that it names; nothing with a model of pictures alone. */
export function jobSound(
  input: SoundInput,
  { sound: makesSound }: ModelTraits,
): { readonly fields: Pick<JobInput, 'audio'>; readonly media: KnownMedia } {
  if (makesSound !== true || input.status !== 'ready') return { fields: {}, media: new Map() };
  const { sound, start } = input;
  return {
    fields: { audio: { file: sound.file, start } },
    media: new Map([[sound.file, sound.facts]]),
  };
}

/** Why no clip can be made with the sound as it stands; undefined where one can. */
export function reasonAgainstSound(input: SoundInput, { sound: makesSound }: ModelTraits): Reason | undefined {
  if (makesSound !== true) return undefined;
  if (input.status === 'reading') return { key: 'readingFile', values: { name: input.name } };
  if (input.status === 'failed') return { key: 'unusableSound', values: { name: input.name } };
  return undefined;
}

/** Frames of the longest clip that ends with the sound, at most `most`; the fewest that are more than a picture where it is shorter. */
export function framesOfSound(seconds: number, frameRate: number, { frameMultiple }: ModelTraits, most: number): number {
  const frames = Math.floor((seconds * frameRate - 1) / frameMultiple) * frameMultiple + 1;
  return Math.min(most, Math.max(frames, frameMultiple + 1));
}
