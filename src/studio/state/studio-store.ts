import { createStore, type StoreApi } from 'zustand/vanilla';
import {
  framesPerSecond,
  parseJob,
  resolveJob,
  type GeneratedClip,
  type GeneratorDescription,
  type JobForecast,
  type JobInput,
  type ProgressEvent,
  type RunLimits,
  type SuspendedRun,
} from '../../pipelines';
import type { EditorConnection, GeneratorConnection } from '../../../workers';
import { browserFolderMemory, type FolderMemory } from '../models/folder-memory';
import { readMemoryLimit, storedMemoryLimit, storeMemoryLimit } from '../models/memory-limit';
import { modelActions, type ModelState } from '../models/model-actions';
import { jobSound, soundActions, type SoundState } from '../sound/own-sound';
import { memoryStorage, type StudioStorage } from '../storage/storage';
import { withinLimits, type Clip } from './clip';
import { editorActions, type EditorState } from './editor-state';
import { problemOf, type Problem } from './problem';
import { projectActions, type ProjectState } from './project-state';
import { timelineActions, type TimelineState } from './timeline-state';
import { defaultDraft, randomSeed, readDraft, type Draft } from './settings';
import { advanceTiming, beginTiming, endTiming, type StageSeconds, type StageTiming } from './stage-timing';

export type Preview = Extract<ProgressEvent, { kind: 'preview' }>;

/** What is known of machine and model. */
export type Environment =
  | { readonly status: 'checking' }
  | { readonly status: 'ready'; readonly description: GeneratorDescription }
  | { readonly status: 'unavailable'; readonly problem: Problem };

/** The job at work, or what became of the last one. A finished job becomes a clip and leaves `idle` behind. */
export type Run =
  | { readonly status: 'idle' }
  | {
      readonly status: 'running';
      /** Name of the run, under which its state is kept. */
      readonly id: string;
      readonly job: JobInput;
      readonly timing: StageTiming;
      readonly preview?: Preview;
      readonly stopping: boolean;
    }
  | {
      readonly status: 'suspended';
      readonly id: string;
      readonly job: JobInput;
      readonly reason: SuspendedRun['reason'] | 'device-lost';
      readonly step: number;
      readonly steps: number;
      readonly preview?: Preview;
      readonly spent: StageSeconds;
    }
  | { readonly status: 'failed'; readonly job: JobInput; readonly problem: Problem };

export type Forecast =
  | { readonly status: 'unknown' }
  | { readonly status: 'known'; readonly memory: JobForecast }
  | { readonly status: 'refused'; readonly problem: Problem };

/** What decides the memory that a job needs: a forecast counts for these settings alone. */
export function sizeKey({
  draft,
  model,
  memoryLimit,
  ownSound,
}: Pick<StudioState, 'draft' | 'model' | 'memoryLimit' | 'ownSound'>): string {
  const { width, height, frames, guidanceScale } = draft;
  return JSON.stringify([model, memoryLimit, width, height, frames, Number(guidanceScale) > 1, ownSound.status]);
}

/** The parts of the studio, each a view of its own. */
export const workspaces = ['create', 'edit'] as const;
export type Workspace = (typeof workspaces)[number];

export interface StudioState extends ModelState, SoundState, ProjectState, EditorState, TimelineState {
  /** Where clips and projects are kept. */
  readonly storage: StudioStorage;
  readonly workspace: Workspace;
  readonly environment: Environment;
  /** The form; undefined until the model's defaults are known. */
  readonly draft: Draft;
  readonly run: Run;
  readonly forecast: Forecast;
  /** The `sizeKey` that the forecast is of. */
  readonly forecastFor: string;
  /** Most graphics memory that runs may take, in GB as typed; empty for no limit. */
  readonly memoryLimit: string;
  /** Newest first. */
  readonly clips: readonly Clip[];
  /** Clip on the stage; undefined shows the run. */
  readonly selectedClip: string | undefined;
  /** Seconds each stage took in the last finished run: what the next one is expected to take. */
  readonly lastSeconds: StageSeconds;

  openWorkspace(workspace: Workspace): void;
  edit(change: Partial<Draft>): void;
  resetSettings(): void;
  limitMemory(gigabytes: string): void;
  generate(): Promise<void>;
  stop(): void;
  resume(): Promise<void>;
  discard(): void;
  select(clip: string | undefined): void;
  reuse(clip: Clip): Promise<void>;
  updateForecast(): Promise<void>;
}

export interface StudioOptions {
  /** Starts the worker that generates. */
  readonly connect: () => GeneratorConnection;
  /** Starts the worker that decodes and draws what is edited. */
  readonly connectEditor: () => EditorConnection;
  /** What keeps the page from working at all, found before a worker is started. */
  readonly missing?: Problem;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  readonly newSeed?: () => number;
  readonly newId?: () => string;
  /** Keeps opened folders over visits. */
  readonly folders?: FolderMemory;
  /** Keeps clips and projects over visits. */
  readonly storage?: StudioStorage;
}

export type StudioStore = StoreApi<StudioState>;

/** State of one mounted studio. `open` starts its worker and gives back what closes it again. */
export function createStudioStore({
  connect,
  connectEditor,
  missing,
  now = () => performance.now(),
  newSeed = randomSeed,
  newId = () => crypto.randomUUID(),
  folders = browserFolderMemory(),
  storage = memoryStorage(),
}: StudioOptions): StudioStore & { open(): () => void } {
  let connection: GeneratorConnection | undefined;
  let closeEditor = (): void => undefined;
  let clipCount = 0;
  let forecastTurn = 0;

  const store = createStore<StudioState>()((set, get) => {
    const listen = (event: ProgressEvent): void => {
      const { run } = get();
      if (run.status !== 'running') return;
      if (event.kind === 'preview') set({ run: { ...run, preview: event } });
      // A notice is about results kept on disk, of which a page has none.
      else if (event.kind === 'progress') set({ run: { ...run, timing: advanceTiming(run.timing, event, now()) } });
    };

    /** Follows a run, begun or resumed, to its end. */
    const follow = async (job: JobInput, answer: Promise<GeneratedClip | SuspendedRun>): Promise<void> => {
      try {
        settle(job, await answer);
      } catch (error) {
        const problem = problemOf(error);
        const { run } = get();
        if (run.status !== 'running') return;
        const { id, timing, preview } = run;
        // A lost device leaves the state of the last step in the worker: the run can go on from there.
        const begun = timing.stage !== 'load';
        if (problem.code === 'device-lost' && begun) {
          set({
            run: {
              status: 'suspended',
              id,
              job,
              reason: 'device-lost',
              step: timing.step,
              steps: timing.steps,
              preview,
              spent: endTiming(timing, now()),
            },
          });
        } else {
          set({ run: { status: 'failed', job, problem } });
        }
      }
    };

    const settle = (job: JobInput, outcome: GeneratedClip | SuspendedRun): void => {
      const { run, clips, selectedClip } = get();
      if (run.status !== 'running') return;
      const spent = endTiming(run.timing, now());
      if ('suspended' in outcome) {
        set({
          run: { ...outcome, status: 'suspended', id: run.id, job, preview: run.preview, spent },
        });
        return;
      }
      clipCount++;
      const clip: Clip = {
        id: `clip-${clipCount}`,
        number: clipCount,
        prompt: job.prompt,
        content: outcome,
        madeInSeconds: Object.values(spent).reduce((sum, seconds) => sum + seconds, 0),
      };
      const kept = withinLimits([clip, ...clips]);
      // Whoever is looking at another clip goes on looking at it.
      const stillThere = kept.some(({ id }) => id === selectedClip);
      set({ run: { status: 'idle' }, clips: kept, selectedClip: stillThere ? selectedClip : clip.id, lastSeconds: spent });
    };

    const [editorState, close] = editorActions({ connect: connectEditor, storage, get, set, newId });
    closeEditor = close;
    return {
      ...editorState,
      ...timelineActions({ get, set, newId }),
      ...modelActions({
        connection: () => connection,
        get,
        set,
        memory: folders,
        adopt: (description) => adopt(description),
        busy: () => get().run.status === 'running',
      }),
      ...soundActions({ connection: () => connection, get, set }),
      ...projectActions({ get, set, newId }),
      storage,
      workspace: 'create',
      environment: missing === undefined ? { status: 'checking' } : { status: 'unavailable', problem: missing },
      draft: emptyDraft,
      run: { status: 'idle' },
      forecast: { status: 'unknown' },
      forecastFor: '',
      memoryLimit: storedMemoryLimit(),
      clips: [],
      selectedClip: undefined,
      lastSeconds: {},

      openWorkspace: (workspace) => set({ workspace }),

      edit: (change) => set(({ draft }) => ({ draft: { ...draft, ...change } })),

      resetSettings() {
        const { environment, draft } = get();
        if (environment.status !== 'ready') return;
        const { prompt, seed, seedLocked } = draft;
        set({ draft: { ...defaultDraft(environment.description.traits, 0), prompt, seed, seedLocked } });
      },

      limitMemory(gigabytes) {
        set({ memoryLimit: gigabytes });
        storeMemoryLimit(gigabytes);
      },

      async generate() {
        const { environment, run, draft, model, modelWork, memoryLimit, ownSound } = get();
        const limit = readMemoryLimit(memoryLimit);
        if (environment.status !== 'ready' || run.status === 'running' || connection === undefined) return;
        if (!limit.ok || modelWork.status === 'opening') return;
        const seeded = draft.seedLocked ? draft : { ...draft, seed: String(newSeed()) };
        const reading = readDraft(seeded, environment.description.traits, ownSound);
        if (!reading.ok) return;
        const job: JobInput = { ...reading.job, model };
        const id = newId();
        set({ draft: seeded, selectedClip: undefined, run: { status: 'running', id, job, timing: beginTiming(now()), stopping: false } });
        await follow(job, connection.generate(job, listen, { ...limitsOf(limit.bytes), run: id }));
      },

      stop() {
        const { run } = get();
        if (run.status !== 'running' || run.stopping || connection === undefined) return;
        set({ run: { ...run, stopping: true } });
        connection.cancel().catch((error: unknown) => set({ run: { status: 'failed', job: run.job, problem: problemOf(error) } }));
      },

      async resume() {
        const { run } = get();
        const limit = readMemoryLimit(get().memoryLimit);
        if (run.status !== 'suspended' || connection === undefined || !limit.ok) return;
        const { id, job, step, steps, preview, spent } = run;
        const timing: StageTiming = { ...beginTiming(now()), step, steps, finished: spent };
        set({ selectedClip: undefined, run: { status: 'running', id, job, preview, stopping: false, timing } });
        await follow(job, connection.generate(job, listen, { ...limitsOf(limit.bytes), run: id }));
      },

      discard() {
        if (get().run.status !== 'running') set(({ clips }) => ({ run: { status: 'idle' }, selectedClip: clips[0]?.id }));
      },

      select: (clip) => set({ selectedClip: clip }),

      async reuse(clip) {
        const { model } = clip.content.recipe.job;
        if (model !== get().model) await get().chooseModel(model);
        const { environment } = get();
        if (environment.status !== 'ready' || get().model !== model) return;
        const { traits } = environment.description;
        get().takeSoundOf(clip.content.recipe.job);
        const job = resolveJob(parseJob(clip.content.recipe.job), traits, jobSound(get().ownSound, traits).media);
        set({
          draft: {
            prompt: job.prompt,
            negativePrompt: job.negativePrompt,
            width: String(job.width),
            height: String(job.height),
            frames: String(job.frames),
            frameRate: String(Math.round(framesPerSecond(job.frameRate) * 1000) / 1000),
            steps: String(job.steps),
            guidanceScale: String(job.guidanceScale),
            seed: String(job.seed),
            seedLocked: true,
            loudness: job.loudness === undefined ? '' : String(job.loudness),
          },
        });
      },

      async updateForecast() {
        const { environment, draft, model, memoryLimit, ownSound } = get();
        const limit = readMemoryLimit(memoryLimit);
        if (environment.status !== 'ready' || connection === undefined) return;
        // What a job needs does not depend on its words.
        const reading = readDraft(
          { ...draft, prompt: draft.prompt.trim() === '' ? 'a clip' : draft.prompt },
          environment.description.traits,
          ownSound,
        );
        const turn = ++forecastTurn;
        const forecastFor = sizeKey(get());
        if (!reading.ok || !limit.ok) return set({ forecast: { status: 'unknown' } });
        const forecast = await connection.forecast({ ...reading.job, model }, limitsOf(limit.bytes)).then(
          (memory): Forecast => ({ status: 'known', memory }),
          (error: unknown): Forecast => ({ status: 'refused', problem: problemOf(error) }),
        );
        if (turn === forecastTurn) set({ forecast, forecastFor });
      },
    };
  });

  /** Takes over a model's defaults; what says what the clip shows stays. */
  const adopt = (description: GeneratorDescription): void => {
    const { prompt, negativePrompt, seed, seedLocked, loudness } = store.getState().draft;
    const kept = { prompt, negativePrompt, loudness, ...(seed === '' ? {} : { seed, seedLocked }) };
    store.setState({
      environment: { status: 'ready', description },
      draft: { ...defaultDraft(description.traits, newSeed()), ...kept },
      forecast: { status: 'unknown' },
    });
  };

  const describe = async (opened: GeneratorConnection): Promise<void> => {
    try {
      const description = await opened.describe();
      if (connection !== opened) return;
      adopt(description);
      await store.getState().updateForecast();
    } catch (error) {
      if (connection === opened) store.setState({ environment: { status: 'unavailable', problem: problemOf(error) } });
    }
  };

  const open = (): (() => void) => {
    if (missing !== undefined) return () => closeEditor();
    const opened = connect();
    connection = opened;
    void describe(opened).then(() => store.getState().loadModels());
    return () => {
      connection = undefined;
      opened.close();
      closeEditor();
    };
  };
  return { ...store, open };
}

const limitsOf = (memoryBudget: number | undefined): RunLimits => (memoryBudget === undefined ? {} : { memoryBudget });

/** The form before the model's defaults are known: a prompt can be typed already. */
const emptyDraft: Draft = {
  prompt: '',
  negativePrompt: '',
  width: '',
  height: '',
  frames: '',
  frameRate: '',
  steps: '',
  guidanceScale: '',
  seed: '',
  seedLocked: false,
  loudness: '',
};
