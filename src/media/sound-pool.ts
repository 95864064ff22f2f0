import type { SoundSource } from '../audio';
import type { SoundFile } from './sound-file';

/** Sounds of many files by name, each opened when it is read: a few stay open, however many there are. */
export interface SoundPool {
  /** Null where the file has none. It stays good when the file was closed meanwhile: reading opens it again. @throws as the files are opened */
  sound(name: string): Promise<SoundSource | null>;
  /** Forgets a file. */
  drop(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Files that are open at a time. */
const MOST_OPEN = 8;

interface Entry {
  readonly file: Promise<SoundFile | null>;
  /** Readings at work. */
  busy: number;
}

export function createSoundPool(open: (name: string) => Promise<SoundFile | null>): SoundPool {
  /** Used last at the end. */
  const entries = new Map<string, Entry>();

  const drop = async (name: string): Promise<void> => {
    const entry = entries.get(name);
    entries.delete(name);
    // A file that could not be opened holds nothing; its failure is told to whoever asked for it.
    await (await entry?.file.catch(() => null))?.close();
  };

  const entryOf = (name: string): Entry => {
    const entry = entries.get(name) ?? { file: open(name), busy: 0 };
    entries.delete(name);
    entries.set(name, entry);
    entry.file.catch(() => entries.get(name) === entry && entries.delete(name));
    const idle = [...entries].filter(([other, { busy }]) => busy === 0 && other !== name);
    for (const [other] of idle.slice(0, Math.max(0, entries.size - MOST_OPEN))) void drop(other);
    return entry;
  };

  /** Work on a file that is not closed before it ends. */
  const using = async <Result>(name: string, work: (file: SoundFile | null) => Promise<Result>): Promise<Result> => {
    const entry = entryOf(name);
    entry.busy += 1;
    try {
      return await work(await entry.file);
    } finally {
      entry.busy -= 1;
    }
  };

  return {
    sound: (name) =>
      using(name, async (file) => {
        if (file === null) return null;
        const { sampleRate, channels, length } = file;
        return {
          ...{ sampleRate, channels, length },
          // What held a sound when it was opened first holds one still, unless another file took its name.
          read: (start, end) => using(name, async (again) => (again ?? file).read(start, end)),
        };
      }),
    drop,
    async close() {
      await Promise.all([...entries.keys()].map(drop));
    },
  };
}
