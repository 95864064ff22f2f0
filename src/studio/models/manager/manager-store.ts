import { createStore, type StoreApi } from 'zustand/vanilla';
import type { JobForecast, JobSize, MachineReport, ModelTraits } from '../../../pipelines';
import type { StoreProgress } from '../../../weights';
import type { GeneratorConnection, HubTokenState, ModelCheck, ModelOffer } from '../../../../workers';
import { problemOf, type Problem } from '../../state/problem';
import type { StudioState, StudioStore } from '../../state/studio-store';
import { readMemoryLimit } from '../memory-limit';
import { paceOf, withSample, type Pace, type PaceSample } from './transfer-pace';

/** What is known of a model that may be fetched. */
export type Offer =
  | { readonly status: 'none' }
  | { readonly status: 'looking'; readonly source: string }
  | { readonly status: 'failed'; readonly source: string; readonly problem: Problem }
  /** `agreed`: the person says that its licence was read. */
  | { readonly status: 'known'; readonly offer: ModelOffer; readonly agreed: boolean };

/** Work on a model's files; one at a time. */
export interface ModelTask {
  readonly kind: 'fetch' | 'verify' | 'mend';
  readonly name: string;
  /** Where it is fetched from. */
  readonly source?: string;
  /** The file at hand. */
  readonly path?: string;
  readonly bytes: number;
  readonly totalBytes: number | undefined;
  readonly pace: Pace | undefined;
}

/** Work on a model that did not come to its end. */
export interface TaskFailure {
  readonly kind: ModelTask['kind'] | 'remove';
  readonly name: string;
  readonly path?: string;
  readonly problem: Problem;
}

/** Graphics memory that a model needs: with the form's settings where it is chosen, else with those that it is made for. */
export type ModelNeeds =
  | { readonly status: 'checking' }
  | { readonly status: 'known'; readonly family: string; readonly memory: JobForecast; readonly size: JobSize }
  | { readonly status: 'failed'; readonly problem: Problem };

/** Something that went well, told once. */
export type Told =
  | { readonly kind: 'fetched'; readonly name: string }
  | { readonly kind: 'freed'; readonly name: string; readonly bytes: number }
  | { readonly kind: 'closed'; readonly name: string };

/** The hub token: whether one is kept. The page never has the token itself but on its way to the worker. */
export type HubToken =
  | { readonly status: 'asking' }
  | { readonly status: 'none' }
  | { readonly status: 'kept'; readonly since: string }
  | { readonly status: 'failed'; readonly problem: Problem };

export type MachineAnswer =
  | { readonly status: 'asking' }
  | { readonly status: 'known'; readonly report: MachineReport }
  | { readonly status: 'failed'; readonly problem: Problem };

export interface ManagerState {
  readonly offer: Offer;
  readonly task: ModelTask | undefined;
  readonly failure: TaskFailure | undefined;
  readonly told: Told | undefined;
  readonly needs: Readonly<Record<string, ModelNeeds>>;
  /** The `needsKey` that each model was asked about last. */
  readonly needsFor: Readonly<Record<string, string>>;
  /** What checks of this visit found, file by file. */
  readonly checks: Readonly<Record<string, ModelCheck>>;
  readonly machine: MachineAnswer;
  readonly token: HubToken;

  lookUp(source: string): Promise<void>;
  forgetOffer(): Promise<void>;
  agree(agreed: boolean): void;
  /** Fetches what is offered, and chooses it where no clip is being made. */
  fetchOffered(): Promise<void>;
  /** Goes on with a download that was stopped. */
  goOn(name: string, source: string): Promise<void>;
  verify(name: string): Promise<void>;
  /** Fetches a damaged file again. */
  mend(name: string, path: string): Promise<void>;
  /** Stops the work at hand; what has arrived is kept. */
  stop(): Promise<void>;
  /** Removes a stored model, or what has arrived of it; closes that of a folder. One that makes a clip is not removed. */
  remove(name: string): Promise<void>;
  askNeeds(model: string): Promise<void>;
  askMachine(): Promise<void>;
  askToken(): Promise<void>;
  keepToken(token: string): Promise<void>;
  forgetToken(): Promise<void>;
}

export type ManagerStore = StoreApi<ManagerState>;

const managers = new WeakMap<StudioStore, ManagerStore>();

/** The models manager of a studio: its downloads go on while nobody looks at it. */
export function managerOf(studio: StudioStore): ManagerStore {
  const known = managers.get(studio);
  if (known !== undefined) return known;
  const made = createManagerStore(studio);
  managers.set(studio, made);
  return made;
}

const embedded = 'embedded';

const atWork = (name: string): Problem => ({ code: 'bad-usage', words: 'model-at-work', report: `a clip is being made with ${name}` });

/** What decides the memory that a model needs: the limit, and of the chosen one the form's size. */
export function needsKey({ memoryLimit, model: chosen, draft }: StudioState, model: string): string {
  const { width, height, frames } = draft;
  return JSON.stringify([memoryLimit, ...(model === chosen ? [width, height, frames] : [])]);
}

export function createManagerStore(studio: StudioStore, now: () => number = () => performance.now()): ManagerStore {
  return createStore<ManagerState>()((set, get) => {
    /** Reads anew what is there; a failure is told where models are listed. */
    const refresh = async (): Promise<void> => {
      try {
        await studio.getState().refreshModels();
        await studio.getState().measureStorage();
      } catch (error) {
        console.warn(`models: what is stored could not be read: ${problemOf(error).report}`);
      }
    };

    const show = (task: ModelTask | undefined): void => {
      set({ task });
      const fetchingModel =
        task?.kind !== 'fetch'
          ? undefined
          : { name: task.name, share: task.totalBytes === undefined ? undefined : task.bytes / task.totalBytes };
      studio.setState({ fetchingModel });
    };

    /** Does one piece of work from beginning to end. @returns whether it came to its end */
    const run = async (
      first: Pick<ModelTask, 'kind' | 'name' | 'source' | 'bytes' | 'totalBytes'>,
      body: (library: GeneratorConnection, onProgress: (progress: StoreProgress) => void) => Promise<void>,
    ): Promise<boolean> => {
      const library = studio.getState().modelLibrary();
      if (library === undefined || get().task !== undefined) return false;
      set({ failure: undefined, told: undefined });
      show({ ...first, pace: undefined });
      let samples: readonly PaceSample[] = withSample([], { at: now(), bytes: first.bytes });
      const onProgress = ({ path, bytes, totalBytes }: StoreProgress): void => {
        if (get().task === undefined) return;
        // From its first file on it is among the models that are there.
        if (first.kind === 'fetch' && samples.length === 1) void refresh();
        samples = withSample(samples, { at: now(), bytes });
        show({ ...first, path, bytes, totalBytes, pace: paceOf(samples, totalBytes) });
      };
      try {
        await body(library, onProgress);
        return true;
      } catch (error) {
        const problem = problemOf(error);
        const path = get().task?.path;
        const { kind, name } = first;
        if (problem.code !== 'cancelled') set({ failure: { kind, name, ...(path === undefined ? {} : { path }), problem } });
        return false;
      } finally {
        show(undefined);
        await refresh();
      }
    };

    const fetchModel = async (
      name: string,
      source: string,
      accepted: boolean,
      from: Pick<ModelTask, 'bytes' | 'totalBytes'>,
    ): Promise<void> => {
      void studio.getState().askToPersist();
      let made = name;
      const whole = await run({ kind: 'fetch', name, source, ...from }, async (library, onProgress) => {
        made = (await library.fetchModel(source, accepted, onProgress)).name;
      });
      if (!whole) return;
      set({ told: { kind: 'fetched', name: made } });
      if (studio.getState().run.status !== 'running') await studio.getState().chooseModel(made);
    };

    /** The form's size where it is of this model and can be made, else what the model is made for. */
    const sizeOf = (model: string, { defaults, sizeMultiple, frameMultiple }: ModelTraits): JobSize => {
      const { draft, model: chosen } = studio.getState();
      const [width, height, frames] = [draft.width, draft.height, draft.frames].map(Number);
      const canBeMade =
        [width, height, frames].every((value) => Number.isInteger(value) && value >= 1) &&
        [width, height].every((side) => side % sizeMultiple === 0) &&
        (frames - 1) % frameMultiple === 0;
      if (model === chosen && canBeMade) return { width, height, frames };
      return { width: defaults.width, height: defaults.height, frames: defaults.frames };
    };

    /** Does something with the hub token, and shows what came of it. */
    const withToken = async (ask: (library: GeneratorConnection) => Promise<HubTokenState | undefined>): Promise<void> => {
      const library = studio.getState().modelLibrary();
      if (library === undefined) return;
      const token = await ask(library).then(
        (state): HubToken => (state === undefined ? { status: 'none' } : { status: 'kept', since: state.since }),
        (error: unknown): HubToken => ({ status: 'failed', problem: problemOf(error) }),
      );
      set({ token });
    };

    const makesClip = (name: string): boolean => {
      const { run: making } = studio.getState();
      return making.status === 'running' && (making.job.model ?? embedded) === name;
    };

    return {
      offer: { status: 'none' },
      task: undefined,
      failure: undefined,
      told: undefined,
      needs: {},
      needsFor: {},
      checks: {},
      machine: { status: 'asking' },
      token: { status: 'asking' },

      async lookUp(source) {
        const library = studio.getState().modelLibrary();
        if (library === undefined) return;
        set({ offer: { status: 'looking', source }, told: undefined });
        const asked = get().offer;
        const answer = await library.lookUpModel(source).then(
          (offer): Offer => ({ status: 'known', offer, agreed: offer.isOpen }),
          (error: unknown): Offer => ({ status: 'failed', source, problem: problemOf(error) }),
        );
        // Another was asked for meanwhile.
        if (get().offer !== asked) return;
        set({ offer: answer });
      },

      async forgetOffer() {
        set({ offer: { status: 'none' } });
        await studio.getState().modelLibrary()?.forgetOffer();
      },

      agree(agreed) {
        const { offer } = get();
        if (offer.status === 'known') set({ offer: { ...offer, agreed } });
      },

      async fetchOffered() {
        const { offer, task } = get();
        if (offer.status !== 'known' || !offer.agreed || task !== undefined) return;
        const { name, source, isOpen, haveBytes, totalBytes } = offer.offer;
        await fetchModel(name, source, !isOpen, { bytes: haveBytes, totalBytes });
        const { failure } = get();
        // Where nothing could be begun, it stands with what is offered.
        const begun = studio.getState().models.some((listing) => listing.name === name);
        if (failure === undefined || begun) set({ offer: { status: 'none' } });
      },

      async goOn(name, source) {
        const { bytes = 0, totalBytes } = studio.getState().models.find((listing) => listing.name === name) ?? {};
        await fetchModel(name, source, false, { bytes, totalBytes });
      },

      async verify(name) {
        await run({ kind: 'verify', name, bytes: 0, totalBytes: undefined }, async (library, onProgress) => {
          const found = await library.verifyModel(name, onProgress);
          set({ checks: { ...get().checks, [name]: found } });
        });
      },

      async mend(name, path) {
        if (makesClip(name)) return set({ failure: { kind: 'mend', name, path, problem: atWork(name) } });
        await run({ kind: 'mend', name, bytes: 0, totalBytes: undefined }, async (library, onProgress) => {
          await library.mendModel(name, path, onProgress);
          const known = get().checks[name];
          if (known === undefined) return;
          const files = known.files.map((check) =>
            check.path === path ? { ...check, damaged: [], bytes: { ...check.bytes, found: check.bytes.expected } } : check,
          );
          set({ checks: { ...get().checks, [name]: { ...known, files } } });
        });
      },

      async stop() {
        try {
          await studio.getState().modelLibrary()?.stopModelWork();
        } catch (error) {
          const { task } = get();
          if (task !== undefined) set({ failure: { kind: task.kind, name: task.name, problem: problemOf(error) } });
        }
      },

      async remove(name) {
        const { modelLibrary, models, model, chooseModel } = studio.getState();
        const library = modelLibrary();
        if (library === undefined) return;
        set({ failure: undefined, told: undefined });
        const problemWith = (problem: Problem): void => set({ failure: { kind: 'remove', name, problem } });
        if (makesClip(name)) return problemWith(atWork(name));
        const { origin, bytes = 0 } = models.find((listing) => listing.name === name) ?? {};
        try {
          if (model === name) await chooseModel(embedded);
          await library.removeModel(name);
          const { [name]: _, ...checks } = get().checks;
          set({ checks, told: origin === 'folder' ? { kind: 'closed', name } : { kind: 'freed', name, bytes } });
        } catch (error) {
          problemWith(problemOf(error));
        }
        await refresh();
      },

      async askNeeds(model) {
        const library = studio.getState().modelLibrary();
        if (library === undefined) return;
        const key = needsKey(studio.getState(), model);
        // Of settings that changed meanwhile, the answer is not wanted any more.
        const tell = (needs: ModelNeeds): void => {
          if (get().needsFor[model] === key) set({ needs: { ...get().needs, [model]: needs } });
        };
        set({ needsFor: { ...get().needsFor, [model]: key } });
        // What was known stays in sight until more is.
        if (get().needs[model]?.status !== 'known') tell({ status: 'checking' });
        try {
          const { traits, model: about } = await library.describe(model);
          const size = sizeOf(model, traits);
          const limit = readMemoryLimit(studio.getState().memoryLimit);
          const limits = limit.ok && limit.bytes !== undefined ? { memoryBudget: limit.bytes } : {};
          const memory = await library.forecast({ prompt: model, model, ...size }, limits);
          tell({ status: 'known', family: about.family, memory, size });
        } catch (error) {
          tell({ status: 'failed', problem: problemOf(error) });
        }
      },

      askToken: () => withToken((library) => library.hubToken()),
      keepToken: (token) => withToken((library) => library.keepHubToken(token)),
      forgetToken: () => withToken((library) => library.forgetHubToken().then(() => undefined)),

      async askMachine() {
        const library = studio.getState().modelLibrary();
        if (library === undefined) return;
        set({ machine: { status: 'asking' } });
        const machine = await library.machine().then(
          (report): MachineAnswer => ({ status: 'known', report }),
          (error: unknown): MachineAnswer => ({ status: 'failed', problem: problemOf(error) }),
        );
        set({ machine });
      },
    };
  });
}
