import { rational, type Generation, type MediaItem } from '../../project';
import type { GeneratedClip, JobInput } from '../../pipelines';
import type { GeneratorConnection, SmallPicture } from '../../../workers';
import { clipFileName, withinLimits, type Clip } from '../state/clip';
import type { ProjectState } from '../state/project-state';
import { problemOf, type Problem } from '../state/problem';
import type { StudioStorage } from '../storage/storage';
import { fingerprintOf } from './file-content';
import type { ProjectFrame } from './saved-project';

/** The clip that is being read back from its file. */
export type ClipReading =
  | { readonly status: 'idle' }
  | { readonly status: 'reading'; readonly id: string }
  | { readonly status: 'failed'; readonly id: string; readonly problem: Problem };

/** The clips that were made, as a tree of generations. */
export interface GenerationState {
  /** Clips whose frames are in memory, newest first; their ids are those of their generations. */
  readonly clips: readonly Clip[];
  /** Clip on the stage; undefined shows the run. */
  readonly selectedClip: string | undefined;
  readonly clipReading: ClipReading;
  /** A clip could not be kept: it is there until the tab closes. */
  readonly unkept: Problem | undefined;
  /** How many clips are made and on their way into storage and project. */
  readonly clipsToKeep: number;
  /** The generation whose settings stand in the form: what is made next comes from it. */
  readonly basis: string | undefined;
  /** The last clip that was made for a project other than the one at hand. */
  readonly madeElsewhere: MadeElsewhere | undefined;

  dismissMadeElsewhere(): void;
  /** Shows a clip on the stage; one of an earlier visit is read from its file first. */
  select(id: string | undefined): void;
  starGeneration(id: string, starred: boolean): void;
  /** Takes a clip out of the history; its children go to its parent. Its file stays while the sequence uses it. */
  deleteGeneration(id: string): Promise<void>;
  /** A small picture of a clip; undefined where its file is missing or cannot be read. */
  pictureOf(id: string): Promise<SmallPicture | undefined>;
  /** The file of a clip, as it was written. */
  fileOf(id: string): Promise<Blob | undefined>;
}

export interface MadeElsewhere {
  /** Name of the job that made it. */
  readonly id: string;
  readonly content: GeneratedClip;
  /** Where it is; undefined while it is being put there. */
  readonly kept?: { readonly project: string; readonly name: string; readonly number: number };
}

export interface GenerationOptions {
  readonly get: () => GenerationState & ProjectState;
  readonly set: (change: Partial<GenerationState & ProjectState>) => void;
  readonly connection: () => GeneratorConnection | undefined;
  readonly storage: StudioStorage;
  readonly newId: () => string;
  /** Hears of a file that is kept for the first time. */
  readonly keptFile: () => void;
  /** As of the library: changes a project that is not at hand. */
  readonly changeOther: (id: string, change: (project: ProjectFrame) => ProjectFrame) => Promise<ProjectFrame | undefined>;
}

/** What is known of a clip besides what is in it. */
export interface MadeClip {
  /** Name of the job that made it, and of the generation that it becomes. */
  readonly id: string;
  readonly job: JobInput;
  /** The generation that it comes from. */
  readonly parent?: string;
  /** The clip of the timeline that it may take the place of. */
  readonly replaces?: string;
  /** The project that it was started from; the one at hand when left out. */
  readonly project?: string;
}

export interface Generations {
  readonly state: GenerationState;
  /** Takes a clip that was made: into the history under the name of its job, its file into the storage. */
  keep(made: MadeClip, content: GeneratedClip, seconds: number): Promise<void>;
}

export function generationActions({ get, set, connection, storage, newId, keptFile, changeOther }: GenerationOptions): Generations {
  const pictures = new Map<string, Promise<SmallPicture | undefined>>();

  const generationOf = (id: string): Generation | undefined => get().project.generations.find((known) => known.id === id);
  const itemOf = (generation: Generation): MediaItem | undefined => get().project.media.find(({ id }) => id === generation.media);

  const fileOf = async (id: string): Promise<Blob | undefined> => {
    const generation = generationOf(id);
    const item = generation === undefined ? undefined : itemOf(generation);
    return item === undefined ? undefined : storage.file(item.fingerprint);
  };

  const read = async (generation: Generation): Promise<void> => {
    const { id, number, recipe, madeInSeconds, replaces } = generation;
    const opened = connection();
    set({ clipReading: { status: 'reading', id } });
    try {
      const file = await fileOf(id);
      if (file === undefined)
        return set({ clipReading: { status: 'failed', id, problem: { code: 'bad-input', words: 'clip-missing', report: id } } });
      if (opened === undefined) return set({ clipReading: { status: 'idle' } });
      const content = await opened.readClip(file);
      const item = itemOf(generation);
      const bytes = new Uint8Array(await file.arrayBuffer());
      const [extension = '.mp4'] = /\.[^.]+$/.exec(item?.name ?? '') ?? [];
      const clip: Clip = {
        ...{ id, number, prompt: recipe.job.prompt, madeInSeconds },
        ...(replaces === undefined ? {} : { replaces }),
        content: {
          ...{ ...content, recipe, latents: new Float32Array(0) },
          file: { bytes, mimeType: 'video/mp4', codec: 'h264', extension: extension.slice(1) },
        },
      };
      set({ clips: withinLimits([clip, ...get().clips.filter((known) => known.id !== id)]), clipReading: { status: 'idle' } });
    } catch (error) {
      set({ clipReading: { status: 'failed', id, problem: problemOf(error) } });
    }
  };

  const state: GenerationState = {
    clips: [],
    selectedClip: undefined,
    clipReading: { status: 'idle' },
    unkept: undefined,
    clipsToKeep: 0,
    basis: undefined,
    madeElsewhere: undefined,

    dismissMadeElsewhere: () => set({ madeElsewhere: undefined }),

    select(id) {
      set({ selectedClip: id });
      if (id === undefined || get().clips.some((clip) => clip.id === id)) return;
      const generation = generationOf(id);
      if (generation !== undefined) void read(generation);
    },

    starGeneration(id, starred) {
      const { project } = get();
      set({ project: { ...project, generations: project.generations.map((known) => (known.id === id ? { ...known, starred } : known)) } });
    },

    async deleteGeneration(id) {
      const { project, edited, clips, selectedClip, basis } = get();
      const gone = generationOf(id);
      if (gone === undefined) return;
      const generations = project.generations
        .filter((known) => known.id !== id)
        .map(({ parent, ...known }): Generation => {
          const next = parent === id ? gone.parent : parent;
          return next === undefined ? known : { ...known, parent: next };
        });
      // Clips of the sequence may use its file, and steps of undo may bring such clips back.
      const used = JSON.stringify(edited).includes(JSON.stringify(gone.media)) || generations.some(({ media }) => media === gone.media);
      const media = used
        ? project.media.map((item) => (item.id === gone.media ? withoutGeneration(item) : item))
        : project.media.filter((item) => item.id !== gone.media);
      set({
        project: { ...project, generations, media },
        clips: clips.filter((clip) => clip.id !== id),
        selectedClip: selectedClip === id ? generations.at(-1)?.id : selectedClip,
        basis: basis === id ? gone.parent : basis,
      });
      const next = get().selectedClip;
      if (next !== selectedClip) state.select(next);
    },

    pictureOf(id) {
      const known = pictures.get(id);
      if (known !== undefined) return known;
      const picture = fileOf(id).then(
        (file) => (file === undefined ? undefined : connection()?.clipPicture(file)),
        () => undefined,
      );
      pictures.set(
        id,
        picture.catch(() => undefined),
      );
      return picture.catch(() => undefined);
    },

    fileOf,
  };

  /** A clip in the order of a project: the next after all that are there. */
  const numbered = (made: MadeClip, content: GeneratedClip, madeInSeconds: number, known: readonly { readonly number: number }[]): Clip => {
    const { id, job, replaces } = made;
    const number = Math.max(0, ...known.map((other) => other.number)) + 1;
    return { id, number, prompt: job.prompt, content, madeInSeconds, ...(replaces === undefined ? {} : { replaces }) };
  };

  /** Keeps a clip's file. @returns what a project says of it */
  const keepFile = async (clip: Clip): Promise<MediaItem> => {
    const { content, id } = clip;
    const file = new Blob([content.file.bytes], { type: content.file.mimeType });
    const fingerprint = await fingerprintOf(file);
    const problem = await storage.addFile(fingerprint, file).then(
      () => undefined,
      (error: unknown) => problemOf(error),
    );
    set({ unkept: problem });
    if (problem === undefined) keptFile();
    return { id: newId(), name: clipFileName(clip), kind: 'video', fingerprint, bytes: file.size, ...factsOf(content), generation: id };
  };

  /** A project with a clip in its history. */
  const withGeneration = (
    project: ProjectFrame,
    { id, number, content, madeInSeconds, replaces }: Clip,
    media: string,
    parent?: string,
  ) => {
    const generation: Generation = {
      ...{ id, number, recipe: content.recipe, media, madeAt: Date.now(), madeInSeconds, starred: false },
      ...(project.generations.some((known) => known.id === parent) ? { parent } : {}),
      ...(replaces === undefined ? {} : { replaces }),
    };
    return { ...project, generations: [...project.generations, generation] };
  };

  /** Puts a clip into the project that it was started from. @returns false where that is gone, or another tab has it */
  const keepElsewhere = async (made: MadeClip, id: string, content: GeneratedClip, seconds: number): Promise<boolean> => {
    const draft = numbered(made, content, seconds, []);
    set({ madeElsewhere: { id: made.id, content } });
    const item = await keepFile(draft);
    let number = 0;
    const changed = await changeOther(id, (project) => {
      const clip = numbered(made, content, seconds, project.generations);
      number = clip.number;
      const same = project.media.find(({ fingerprint }) => fingerprint === item.fingerprint);
      const media = same === undefined ? [...project.media, item] : project.media;
      return withGeneration({ ...project, media }, clip, (same ?? item).id, made.parent);
    }).catch((error: unknown) => {
      set({ unkept: problemOf(error) });
      return undefined;
    });
    if (get().madeElsewhere?.id === made.id) {
      const kept = changed === undefined ? undefined : { project: id, name: changed.name, number };
      set({ madeElsewhere: kept === undefined ? undefined : { id: made.id, content, kept } });
    }
    return changed !== undefined;
  };

  return {
    state,

    async keep(made, content, madeInSeconds) {
      const { project } = made;
      if (project !== undefined && project !== get().project.id && (await keepElsewhere(made, project, content, madeInSeconds))) return;
      const clip = numbered(made, content, madeInSeconds, [...get().project.generations, ...get().clips]);
      const before = get().selectedClip;
      const clips = withinLimits([clip, ...get().clips]);
      // Whoever is looking at another clip goes on looking at it.
      set({ clips, selectedClip: clips.some((known) => known.id === before) ? before : clip.id });
      const media = get().addMedia(await keepFile(clip));
      set({ project: withGeneration(get().project, clip, media.id, made.parent) });
    },
  };
}

function factsOf({
  width,
  height,
  frameCount,
  frameRate,
  sound,
}: GeneratedClip): Pick<MediaItem, 'width' | 'height' | 'frames' | 'rate' | 'sound'> {
  const heard = sound?.waveform;
  return {
    ...{ width, height, frames: frameCount, rate: { ...frameRate } },
    ...(heard === undefined
      ? {}
      : {
          sound: {
            sampleRate: heard.sampleRate,
            channels: heard.channels.length,
            duration: rational(heard.channels[0].length, heard.sampleRate),
          },
        }),
  };
}

function withoutGeneration({ generation: _, ...item }: MediaItem): MediaItem {
  return item;
}
