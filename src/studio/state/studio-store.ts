import { createStore, type StoreApi } from 'zustand/vanilla';
import { type GeneratedClip, type GeneratorDescription, type JobForecast, type ModelTraits, type RunLimits } from '../../pipelines';
import type { EditorConnection, GeneratorConnection } from '../../../workers';
import type { WildcardLists } from '../../prompts/web';
import { inputActions, type InputState } from '../compose/input-actions';
import { defaultWildcards, readWildcards, wildcardsDocument } from '../compose/wildcard-lists';
import { browserFolderMemory, type FolderMemory } from '../models/folder-memory';
import { readMemoryLimit, storedMemoryLimit, storeMemoryLimit } from '../models/memory-limit';
import { modelActions, type ModelState } from '../models/model-actions';
import { soundActions, type SoundState } from '../sound/own-sound';
import { originOf, type NewJob } from '../queue/queue';
import { queueActions, type QueueActions, type QueueState } from '../queue/queue-actions';
import { memoryStorage, type StudioStorage } from '../storage/storage';
import { tabLocks, type TabLocks } from '../storage/tab-locks';
import { projectForm, type ProjectForm } from '../projects/project-form';
import { generationActions, type GenerationState, type MadeClip } from '../projects/generation-state';
import type { LibraryState } from '../projects/library-state';
import { projectLibrary, type Library } from '../projects/project-library';
import { recipeActions, type RecipeState } from '../projects/recipe-state';
import type { ProjectFrame } from '../projects/saved-project';
import { storageActions, type StorageState } from '../storage/storage-report';
import { advancedDraftOf } from './advanced';
import type { Clip } from './clip';
import { editorActions, type EditorState } from './editor-state';
import { conversionActions, type ConversionState } from '../convert/conversion-state';
import { compareActions, type CompareState } from '../compare/compare-state';
import { fileActions, type FileState } from './file-actions';
import { exportActions, type Exports, type ExportState, type PickExport } from '../edit/export/export-state';
import { playbackActions, type PlaybackState } from './playback-state';
import { problemOf, type Problem } from './problem';
import { projectActions, type ProjectState } from './project-state';
import { clipToReplace, timelineActions, type TimelineState } from './timeline-state';
import { defaultDraft, randomSeed, readDraft, type Draft } from './settings';
import { trainingActions, type TrainingState } from '../training/training-state';
import type { StageSeconds } from './stage-timing';
import { uiActions, type StudioUi, type UiState } from './ui';

export type { Preview } from '../queue/queue';
export type { Run } from '../queue/queue-actions';

/** What is known of machine and model. */
export type Environment =
  | { readonly status: 'checking' }
  | { readonly status: 'ready'; readonly description: GeneratorDescription }
  | { readonly status: 'unavailable'; readonly problem: Problem };

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
  inputs,
}: Pick<StudioState, 'draft' | 'model' | 'memoryLimit' | 'ownSound' | 'inputs'>): string {
  const { width, height, frames, guidanceScale, pipeline, advanced } = draft;
  const given = [inputs.images.map(({ frame }) => frame), inputs.video?.picture.file, inputs.video?.use, inputs.loras, inputs.upsampler];
  return JSON.stringify([
    ...[model, memoryLimit, width, height, frames, Number(guidanceScale) > 1, ownSound.status],
    ...[pipeline, advanced, given],
  ]);
}

export interface StudioState
  extends
    ModelState,
    SoundState,
    InputState,
    QueueState,
    ProjectState,
    EditorState,
    ConversionState,
    TimelineState,
    TrainingState,
    FileState,
    PlaybackState,
    ExportState,
    CompareState,
    GenerationState,
    LibraryState,
    RecipeState,
    StorageState,
    UiState {
  /** Where clips and projects are kept. */
  readonly storage: StudioStorage;
  readonly environment: Environment;
  /** While it opens, what earlier visits kept may still overtake what is asked for; closed, nothing is made. */
  readonly phase: 'closed' | 'opening' | 'open';
  /** The form; undefined until the model's defaults are known. */
  readonly draft: Draft;
  readonly forecast: Forecast;
  /** The `sizeKey` that the forecast is of. */
  readonly forecastFor: string;
  /** Most graphics memory that runs may take, in GB as typed; empty for no limit. */
  readonly memoryLimit: string;
  /** Seconds each stage took in the last finished run: what the next one is expected to take. */
  readonly lastSeconds: StageSeconds;

  edit(change: Partial<Draft>): void;
  resetSettings(): void;
  limitMemory(gigabytes: string): void;
  /** Lists that wildcards in prompts draw from, as the person edits them. */
  readonly wildcardLists: WildcardLists;
  editWildcardLists(lists: WildcardLists): void;
  /** Puts what the form says into the queue: as many jobs as it asks for, of seeds one after another. */
  generate(): Promise<void>;
  reuse(clip: Pick<Clip, 'id'> & { readonly content: Pick<GeneratedClip, 'recipe'> }): Promise<void>;
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
  /** Keeps two tabs from working at one queue. */
  readonly locks?: TabLocks;
  readonly pickExport?: PickExport;
  /** What is shown; everything when left out. */
  readonly ui?: StudioUi;
  /** Name of the model to open with; the built-in one when left out. */
  readonly model?: string;
  /** Address of the folder of the converter for files that are not read here. */
  readonly converterUrl?: string | URL;
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
  locks = tabLocks(),
  pickExport,
  ui = {},
  model,
  converterUrl,
}: StudioOptions): StudioStore & { open(): () => void } {
  let connection: GeneratorConnection | undefined;
  let closeEditor = (): void => undefined;
  let forecastTurn = 0;
  let queue: QueueActions | undefined;
  let library: Library | undefined;
  let form: ProjectForm | undefined;
  let exported: Exports | undefined;

  const store = createStore<StudioState>()((set, get) => {
    const { state: inputState, files } = inputActions({
      connection: () => connection,
      get,
      set,
      traits: () => traitsOf(get().environment),
      storage,
      newId,
    });

    // The browser is asked once there is something that would be missed.
    const keptFile = (): void => void get().askToPersist();
    const generations = generationActions({
      ...{ get, set, connection: () => connection, storage, newId },
      keptFile,
      changeOther: async (id, change) => library?.changeOther(id, change),
    });
    const made = (clip: MadeClip, content: GeneratedClip, spent: StageSeconds): void => {
      set({ lastSeconds: spent });
      const seconds = Object.values(spent).reduce((sum, stage) => sum + stage, 0);
      set({ clipsToKeep: get().clipsToKeep + 1 });
      // A clip is worth more than the pause that edits are waited for: whoever leaves now finds it again.
      const kept = generations.keep(clip, content, seconds).then(() => get().saveNow());
      void kept.finally(() => set({ clipsToKeep: get().clipsToKeep - 1 }));
    };

    form = projectForm({ get, set, storage, files });
    library = projectLibrary({ get, set, storage, locks, newId, opened: (project) => showProject(project), form });

    const [editorState, close] = editorActions({ connect: connectEditor, storage, get, set, newId, keptFile });
    const [conversionState, closeConverter] = conversionActions({ converterUrl, get, set });
    closeEditor = () => {
      close();
      closeConverter();
    };

    const exportsSlice = exportActions({ get, set, now, newId, pickExport, storage, locks });
    exported = exportsSlice;
    const queueSlice = queueActions({ connection: () => connection, get, set, now, newId, storage, locks, files, made });
    queue = queueSlice;

    return {
      ...editorState,
      ...conversionState,
      ...timelineActions({ get, set, newId }),
      ...playbackActions({ get, set }),
      ...compareActions({ get, set }),
      ...exportsSlice.state,
      ...modelActions({
        connection: () => connection,
        get,
        set,
        memory: folders,
        adopt: (description) => adopt(description),
        busy: () => get().run.status === 'running',
      }),
      ...(model === undefined ? {} : { model }),
      ...soundActions({ connection: () => connection, get, set, onFile: files.remember }),
      ...inputState,
      ...queueSlice.state,
      ...projectActions({ get, set, newId }),
      ...generations.state,
      ...library.state,
      ...recipeActions({ get, set, storage, connection: () => connection }),
      ...storageActions({ storage, get, set, inUse: () => JSON.stringify(get().project), manager: storageManager() }),
      storage,
      ...trainingActions({ get, set }),
      ...fileActions({ get }),
      ...uiActions({ ui, get, set }),
      environment: missing === undefined ? { status: 'checking' } : { status: 'unavailable', problem: missing },
      phase: 'closed',
      draft: emptyDraft,
      forecast: { status: 'unknown' },
      forecastFor: '',
      memoryLimit: storedMemoryLimit(),
      lastSeconds: {},
      wildcardLists: defaultWildcards,

      edit: (change) => set(({ draft }) => ({ draft: { ...draft, ...change } })),

      resetSettings() {
        const { environment, draft } = get();
        if (environment.status !== 'ready') return;
        const { prompt, seed, seedLocked, count, stopAt } = draft;
        set({ draft: { ...defaultDraft(environment.description.traits, 0), prompt, seed, seedLocked, count, stopAt } });
      },

      limitMemory(gigabytes) {
        set({ memoryLimit: gigabytes });
        storeMemoryLimit(gigabytes);
      },

      editWildcardLists(lists) {
        set({ wildcardLists: lists });
        void storage
          .writeDocument(wildcardsDocument, JSON.stringify(lists))
          .catch((error: unknown) => console.warn(`wildcards: not kept: ${problemOf(error).report}`));
      },

      async generate() {
        const { environment, draft, model, modelWork, memoryLimit, ownSound, inputs, wildcardLists, basis, project } = get();
        if (environment.status !== 'ready' || connection === undefined) return;
        if (!readMemoryLimit(memoryLimit).ok || modelWork.status === 'opening') return;
        const seed = draft.seedLocked ? Number(draft.seed) : newSeed();
        const { traits } = environment.description;
        const replaces = clipToReplace(get());
        const jobs: NewJob[] = [];
        for (let at = 0; at < Number(draft.count); at++) {
          const own = { ...draft, seed: String(seed + at) };
          const reading = readDraft(own, traits, { ownSound, inputs, lists: wildcardLists });
          if (!reading.ok) return;
          const stopAt = draft.stopAt.trim() === '' ? {} : { stopAt: Number(draft.stopAt) };
          jobs.push({ job: { ...reading.job, model }, ...stopAt, ...originOf({ parent: basis, replaces, project: project.id }) });
        }
        set({ draft: { ...draft, seed: String(seed) } });
        const added = queueSlice.add(jobs);
        // The queue outlives the visit, and so must the project that its clips go to: it does not wait for the pause after edits.
        void get().saveNow();
        await added;
      },

      async reuse(clip) {
        const { model } = clip.content.recipe.job;
        if (model !== get().model) await get().chooseModel(model);
        const { environment } = get();
        if (environment.status !== 'ready' || get().model !== model) return;
        const { takeSettings } = await import('../projects/clip-settings');
        if (form === undefined) return;
        const { traits } = environment.description;
        const { draft, missing } = await takeSettings(clip.content.recipe, { traits, form: get, fillInputs: form.fillInputs });
        set({ draft: { ...draft, advanced: advancedDraftOf(clip.content.recipe.job) }, basis: clip.id === '' ? undefined : clip.id });
        // Of a file that was dropped, the notice about its recipe says what is missing.
        if (clip.id !== '') get().tellLost(missing);
      },

      async updateForecast() {
        const { environment, draft, model, memoryLimit, ownSound, inputs, wildcardLists } = get();
        const limit = readMemoryLimit(memoryLimit);
        if (environment.status !== 'ready' || connection === undefined) return;
        // What a job needs does not depend on its words.
        const reading = readDraft(
          { ...draft, prompt: draft.prompt.trim() === '' ? 'a clip' : draft.prompt },
          environment.description.traits,
          { ownSound, inputs, lists: wildcardLists },
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
    const { prompt, negativePrompt, seed, seedLocked, loudness, count, stopAt } = store.getState().draft;
    const kept = { prompt, negativePrompt, loudness, count, stopAt, ...(seed === '' ? {} : { seed, seedLocked }) };
    store.setState({
      environment: { status: 'ready', description },
      draft: { ...defaultDraft(description.traits, newSeed()), ...kept },
      forecast: { status: 'unknown' },
    });
  };

  const describe = async (opened: GeneratorConnection): Promise<void> => {
    try {
      const description = await opened.describe(store.getState().model);
      if (connection !== opened) return;
      adopt(description);
      await store.getState().updateForecast();
    } catch (error) {
      if (connection === opened) store.setState({ environment: { status: 'unavailable', problem: problemOf(error) } });
    }
  };

  // What another workspace asks for stands in the form when Create is shown.
  store.subscribe(({ composing, takeRequest }, before) => {
    if (composing !== undefined && composing !== before.composing) void takeRequest(composing);
  });

  /** Another project is at hand: its form, and its last clip on the stage. */
  const showProject = async (project: ProjectFrame): Promise<void> => {
    store.setState({ clips: [], selectedClip: undefined, basis: undefined, clipReading: { status: 'idle' }, unkept: undefined });
    await form?.fill(project);
    if (store.getState().run.status === 'idle') store.getState().select(project.generations.at(-1)?.id);
  };

  store.subscribe(({ project, edited, draft, inputs, ownSound }, before) => {
    const ofForm = draft !== before.draft || inputs !== before.inputs || ownSound !== before.ownSound;
    if (project !== before.project || edited !== before.edited || ofForm) library?.noticeChange();
  });

  /** Brings back what was kept from earlier visits. */
  const restore = async (): Promise<void> => {
    await library?.restore();
    await exported?.restore();
    if (connection === undefined) return;
    const lists = await storage.readDocument(wildcardsDocument);
    if (lists !== undefined) store.setState({ wildcardLists: readWildcards(lists) });
    await queue?.restore();
  };

  const open = (): (() => void) => {
    void storage.lasting().then((lasting) => store.setState({ lasting }));
    const stopSaving = saveWhenHidden(() => void store.getState().saveNow());
    const unkept = (error: unknown): void => console.warn(`studio: what was kept is not there: ${problemOf(error).report}`);
    if (missing !== undefined) {
      void restore()
        .catch(unkept)
        .then(() => store.setState({ phase: 'open' }));
      return () => {
        stopSaving();
        void library?.close();
        exported?.close();
        closeEditor();
      };
    }
    const opened = connect();
    connection = opened;
    store.setState({ phase: 'opening' });
    void describe(opened)
      .then(() => store.getState().loadModels())
      .then(() => (connection === opened ? restore() : undefined))
      .catch(unkept)
      .then(() => {
        if (connection === opened) store.setState({ phase: 'open' });
      });
    return () => {
      stopSaving();
      void library?.close();
      exported?.close();
      connection = undefined;
      store.setState({ phase: 'closed' });
      queue?.detach();
      opened.close();
      closeEditor();
    };
  };
  return { ...store, open };
}

/** A tab that is hidden may never be shown again: phones end it without a word. */
function saveWhenHidden(save: () => void): () => void {
  if (typeof document === 'undefined') return () => undefined;
  const onChange = (): void => {
    if (document.visibilityState === 'hidden') save();
  };
  document.addEventListener('visibilitychange', onChange);
  return () => document.removeEventListener('visibilitychange', onChange);
}

const storageManager = (): StorageManager | undefined =>
  typeof navigator === 'undefined' || !('storage' in navigator) ? undefined : navigator.storage;

const traitsOf = (environment: Environment): ModelTraits | undefined =>
  environment.status === 'ready' ? environment.description.traits : undefined;

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
  ...{ loudness: '', count: '1', stopAt: '', pipeline: '', advanced: {} },
};
