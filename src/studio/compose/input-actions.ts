import { AiprodError } from '../../errors';
import type { GeneratorConnection, OwnPicture } from '../../../workers';
import { framesPerSecond, type JobInput, type ModelTraits } from '../../pipelines';
import type { FormFile } from '../../project';
import { problemOf, type Problem } from '../state/problem';
import type { ConversionState } from '../convert/conversion-state';
import type { ProjectState } from '../state/project-state';
import type { ComposeRequest } from '../state/timeline-state';
import type { Draft } from '../state/settings';
import type { StudioStorage } from '../storage/storage';
import { filesOf } from '../queue/queue';
import { freeFrame, newVideo, noInputs, type ClipInputs, type KeyframeInput, type VideoInput } from './inputs';

/** A file that is being read, or could not be. */
export type ReadingInput =
  | { readonly id: string; readonly name: string; readonly status: 'reading' }
  | { readonly id: string; readonly name: string; readonly status: 'failed'; readonly problem: Problem };

export interface InputState {
  readonly inputs: ClipInputs;
  readonly readingInputs: readonly ReadingInput[];

  /** Takes images and videos. An image is placed at a frame, or where there is room; a video becomes the one that is worked on. */
  addInputs(files: readonly File[], frame?: number): Promise<void>;
  changeImage(id: string, change: Partial<Pick<KeyframeInput, 'frame' | 'strength'>>): void;
  removeImage(id: string): void;
  changeVideo(change: Partial<Omit<VideoInput, 'picture'>>): void;
  removeVideo(): void;
  changeInputs(change: Partial<Pick<ClipInputs, 'loras' | 'upsampler'>>): void;
  dismissReading(id: string): void;
  /** Takes over what the timeline asks for: a video of the project, made longer or made anew in a part. */
  takeRequest(request: ComposeRequest): Promise<void>;
  /** Takes the inputs of a job that was run, as far as its files are at hand. */
  takeInputsOf(job: Omit<JobInput, 'prompt'>): void;
  /** Says of files that were wanted that they are not here any more. */
  tellLost(names: readonly string[]): void;
}

export interface InputActionsOptions {
  readonly connection: () => GeneratorConnection | undefined;
  readonly get: () => InputState & Pick<ConversionState, 'readOrConvert'> & Pick<ProjectState, 'project'> & { readonly draft: Draft };
  readonly set: (change: Partial<InputState & { readonly draft: Draft }>) => void;
  readonly traits: () => ModelTraits | undefined;
  readonly storage: StudioStorage;
  readonly newId: () => string;
}

/** The files of jobs: kept over visits when a job that names them waits, and given to the worker again. */
export interface JobFiles {
  fingerprintOf(file: string): string | undefined;
  /** Keeps a job's files for the next visit. */
  keep(job: Parameters<typeof filesOf>[0]): Promise<void>;
  /** Gives kept files to the worker again, by the names that jobs call them. What is lost is left out. */
  give(files: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Brings kept files of pictures back, under their names where no other file has them.
   * @returns what they are called here, by the names asked for; what is lost is left out
   */
  bring(files: readonly Pick<FormFile, 'name' | 'fingerprint'>[]): Promise<ReadonlyMap<string, string>>;
  about(file: string): Pick<FormFile, 'fingerprint' | 'bytes'> | undefined;
  remember(file: string, fingerprint: string, content: File): void;
}

export function inputActions(options: InputActionsOptions): { readonly state: InputState; readonly files: JobFiles } {
  const { connection, get, set, traits, storage, newId } = options;
  /** Every file of this visit, by its name in jobs. */
  const known = new Map<string, { readonly fingerprint: string; readonly content: File; readonly picture?: OwnPicture }>();

  const place = (picture: OwnPicture, frame: number | undefined): void => {
    const own = traits();
    if (own === undefined) return;
    const { inputs, draft } = get();
    if (picture.facts.frames > 1) {
      set({ inputs: { ...inputs, video: newVideo(picture, own) }, draft: { ...draft, ...shapeOf(picture, own) } });
      return;
    }
    const frames = Math.max(1, Number(draft.frames) || own.defaults.frames);
    const taken = inputs.images.map((image) => image.frame);
    const at = frame ?? freeFrame(taken, frames, own.frameMultiple);
    const image: KeyframeInput = { id: newId(), picture, frame: at, strength: 1 };
    set({ inputs: { ...inputs, images: [...inputs.images.filter((other) => other.frame !== at), image] } });
  };

  const read = async (file: File): Promise<OwnPicture | undefined> => {
    const opened = connection();
    if (opened === undefined) return undefined;
    const id = newId();
    const without = (): readonly ReadingInput[] => get().readingInputs.filter((reading) => reading.id !== id);
    set({ readingInputs: [...without(), { id, name: file.name, status: 'reading' }] });
    try {
      const [content, picture] = await get().readOrConvert(file, (own) => opened.addMedia(own));
      known.set(picture.file, { fingerprint: picture.facts.fingerprint, content, picture });
      set({ readingInputs: without() });
      return picture;
    } catch (error) {
      set({ readingInputs: [...without(), { id, name: file.name, status: 'failed', problem: problemOf(error) }] });
      return undefined;
    }
  };

  const keptFile = async (name: string, fingerprint: string): Promise<File | undefined> => {
    const content = await storage.file(fingerprint);
    return content === undefined ? undefined : new File([content], name, { type: content.type });
  };

  const giveOne = async (opened: GeneratorConnection, name: string, fingerprint: string): Promise<void> => {
    const file = await keptFile(name, fingerprint);
    if (file === undefined) return;
    const picture = await opened.addMedia(file, name).catch(async (error: unknown) => {
      // A file of sound alone has no picture to show.
      await opened.addSound(file, name).catch(() => {
        throw error;
      });
      return undefined;
    });
    known.set(name, { fingerprint, content: file, ...(picture === undefined ? {} : { picture }) });
  };

  const state: InputState = {
    inputs: noInputs,
    readingInputs: [],

    async addInputs(files, frame) {
      for (const [at, file] of files.entries()) {
        const picture = await read(file);
        if (picture !== undefined) place(picture, at === 0 ? frame : undefined);
      }
    },

    changeImage(id, change) {
      const { inputs } = get();
      set({ inputs: { ...inputs, images: inputs.images.map((image) => (image.id === id ? { ...image, ...change } : image)) } });
    },

    removeImage(id) {
      const { inputs } = get();
      set({ inputs: { ...inputs, images: inputs.images.filter((image) => image.id !== id) } });
    },

    changeVideo(change) {
      const { inputs } = get();
      if (inputs.video !== undefined) set({ inputs: { ...inputs, video: { ...inputs.video, ...change } } });
    },

    removeVideo: () => set({ inputs: { ...get().inputs, video: undefined } }),
    changeInputs: (change) => set({ inputs: { ...get().inputs, ...change } }),
    dismissReading: (id) => set({ readingInputs: get().readingInputs.filter((reading) => reading.id !== id) }),

    async takeRequest({ pipeline, media, region }) {
      const item = get().project.media.find(({ id }) => id === media);
      if (item === undefined) return;
      const content = await storage.file(item.fingerprint);
      if (content === undefined) return state.tellLost([item.name]);
      const picture = await read(new File([content], item.name, { type: content.type }));
      if (picture === undefined) return;
      place(picture, undefined);
      const { video } = get().inputs;
      if (video?.picture !== picture) return;
      state.changeVideo({ use: pipeline, ...(region === undefined ? {} : { region: { ...video.region, ...region } }) });
    },

    takeInputsOf(job) {
      const own = traits();
      const images = (job.conditions ?? []).flatMap(({ file, frame = 0, strength = 1 }) => {
        const picture = known.get(file)?.picture;
        return picture === undefined ? [] : [{ id: newId(), picture, frame, strength }];
      });
      const picture = job.video === undefined ? undefined : known.get(job.video)?.picture;
      const begun = picture === undefined || own === undefined ? undefined : newVideo(picture, own);
      const video = begun === undefined ? undefined : { ...begun, ...videoOfJob(job, begun) };
      const loras = (job.loras ?? []).map(({ path, scale = 1 }) => ({ name: path, scale }));
      set({ inputs: { images, video, loras, upsampler: job.upsampler ?? '' } });
    },

    tellLost(names) {
      const lost = names.map((name): ReadingInput => {
        const problem = new AiprodError('bad-input', 'the file is not kept any more', { where: name, hint: 'Choose it again' });
        return { id: newId(), name, status: 'failed', problem: problemOf(problem) };
      });
      set({ readingInputs: [...get().readingInputs, ...lost] });
    },
  };

  const files: JobFiles = {
    fingerprintOf: (file) => known.get(file)?.fingerprint,
    async keep(job) {
      for (const name of filesOf(job)) {
        const file = known.get(name);
        if (file !== undefined) await storage.addFile(file.fingerprint, file.content);
      }
    },
    async give(wanted) {
      const opened = connection();
      if (opened === undefined) return;
      for (const [name, fingerprint] of Object.entries(wanted)) {
        try {
          await giveOne(opened, name, fingerprint);
        } catch (error) {
          // The job that names it says so when its turn comes.
          console.warn(`${name}: cannot be used any more: ${problemOf(error).report}`);
        }
      }
    },
    async bring(wanted) {
      const names = new Map<string, string>();
      const opened = connection();
      for (const { name, fingerprint } of opened === undefined ? [] : wanted) {
        if (known.get(name)?.fingerprint === fingerprint) {
          names.set(name, name);
          continue;
        }
        try {
          const file = await keptFile(name, fingerprint);
          if (file === undefined || opened === undefined) continue;
          const picture = await opened.addMedia(file, known.has(name) ? undefined : name);
          known.set(picture.file, { fingerprint, content: file, picture });
          names.set(name, picture.file);
        } catch (error) {
          console.warn(`${name}: cannot be used any more: ${problemOf(error).report}`);
        }
      }
      return names;
    },
    about(file) {
      const found = known.get(file);
      return found === undefined ? undefined : { fingerprint: found.fingerprint, bytes: found.content.size };
    },
    remember: (file, fingerprint, content) => void known.set(file, { fingerprint, content }),
  };
  return { state, files };
}

/** Size, length and rate of a video as the form says them, on the model's grid. */
function shapeOf(
  { facts }: OwnPicture,
  { sizeMultiple, frameMultiple, defaults }: ModelTraits,
): Partial<Pick<Draft, 'width' | 'height' | 'frames' | 'frameRate'>> {
  const rate = facts.frameRate === null ? defaults.frameRate : framesPerSecond(facts.frameRate);
  // As large as the model is made for, in the shape of the video.
  const scale = Math.sqrt((defaults.width * defaults.height) / (facts.width * facts.height));
  const side = (pixels: number): string => String(Math.max(sizeMultiple, Math.round((pixels * scale) / sizeMultiple) * sizeMultiple));
  const frames = Math.floor((facts.frames - 1) / frameMultiple) * frameMultiple + 1;
  return {
    width: side(facts.width),
    height: side(facts.height),
    frames: String(frames),
    frameRate: String(Math.round(rate * 1000) / 1000),
  };
}

function videoOfJob({ extend, region, reference, strength }: Omit<JobInput, 'prompt'>, begun: VideoInput): Partial<VideoInput> {
  if (extend !== undefined) return { use: 'extend', extend: { direction: extend.direction, frames: extend.frames } };
  if (region !== undefined) return { use: 'retake', region: { ...begun.region, ...region } };
  if (reference !== undefined) return { use: 'reference', strength: reference.strength ?? 1 };
  return { use: 'remake', strength: strength ?? begun.strength };
}
