import { emptyProject, unedited, type EditedSequence, type MediaItem, type Project } from '../../project';
import { problemOf } from '../state/problem';
import type { StudioStorage } from '../storage/storage';
import type { TabLocks } from '../storage/tab-locks';
import type { LibraryState, LibrarySurroundings, Saving } from './library-state';
import { otherProject } from './other-project';
import type { ProjectForm } from './project-form';
import { copyName } from './project-names';
import { listProjects, loadProject, ProjectWriter, removeProject, type LoadedProject, type ProjectFrame } from './saved-project';

export interface LibraryOptions {
  readonly get: () => LibrarySurroundings;
  readonly set: (change: Partial<LibrarySurroundings>) => void;
  readonly storage: StudioStorage;
  readonly locks: TabLocks;
  readonly newId: () => string;
  /** Hears that another project is at hand; its form is to be filled in. */
  readonly opened: (project: ProjectFrame) => Promise<void>;
  readonly form: ProjectForm;
}

export interface Library {
  readonly state: LibraryState;
  /** Opens the project of the last visit. */
  restore(): Promise<void>;
  /** Hears that something changed. */
  noticeChange(): void;
  /**
   * Changes a project that is not at hand.
   * @returns it as it is then; undefined where it is gone, at hand, or another tab has it
   */
  changeOther(id: string, change: (project: ProjectFrame) => ProjectFrame): Promise<ProjectFrame | undefined>;
  /** Keeps what is not kept yet, and gives the project back for other tabs. */
  close(): Promise<void>;
}

interface Keeper {
  /** Undefined until it is kept for the first time. */
  writer?: ProjectWriter | undefined;
  /** A program gave the project: it is kept though nobody changed it. */
  readonly given?: true;
}

/** Document that names the project of the last visit. */
const lastProject = 'last-project';
/** Milliseconds that changes are gathered before they are kept. */
const autosaveDelay = 600;

export function projectLibrary({ get, set, storage, locks, newId, opened, form }: LibraryOptions): Library {
  /** How the project at hand is kept: another project has another of these. */
  let keeper: Keeper = {};
  let release: (() => Promise<void>) | undefined;
  /** The project that this tab has while there is a `release`. */
  let held = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let saving: Promise<void> = Promise.resolve();
  /** What the library itself does is no change of the project. */
  let quiet = false;
  let closing: Promise<void> = Promise.resolve();
  /** A program put a project at hand: that of the last visit is not. */
  let [placed, isOpen] = [false, false];
  /** The project as it was opened: what differs from it is to be kept. */
  let untouched: { readonly project: ProjectFrame; readonly edited: EditedSequence } | undefined;

  /** Whether the project was changed since it was opened. */
  const isChanged = (): boolean => {
    const { project, edited } = get();
    return untouched !== undefined && (untouched.project !== project || untouched.edited !== edited);
  };

  /** Whether there is something to keep: what stands in the form counts, unless another tab has the project. */
  const isTouched = (): boolean =>
    keeper.writer !== undefined || keeper.given === true || isChanged() || (release !== undefined && form.isTouched());

  const quietly = (change: Partial<LibrarySurroundings>): void => {
    quiet = true;
    set(change);
    quiet = false;
  };

  const take = async (id: string, steal = false): Promise<boolean> => {
    await giveBack();
    release = await locks.take(`project-${id}`, {
      steal,
      onLost() {
        release = undefined;
        clearTimeout(timer);
        if (get().project.id === id) set({ saving: { status: 'elsewhere' } });
      },
    });
    held = id;
    return release !== undefined;
  };

  const giveBack = async (): Promise<void> => {
    const end = release;
    release = undefined;
    await end?.();
  };

  /** Puts a project at hand. */
  const show = async (frame: ProjectFrame, edited: EditedSequence, status: Saving): Promise<void> => {
    untouched = { project: frame, edited };
    quietly({
      project: frame,
      edited,
      playhead: 0,
      selection: [],
      missingMedia: [],
      saving: status,
      projectProblem: undefined,
      lostSteps: false,
    });
    await fill(frame, opened);
    // Filling in the form is no change.
    untouched = { project: get().project, edited: get().edited };
  };

  const showLoaded = async (loaded: LoadedProject, mine: boolean): Promise<void> => {
    keeper = mine ? { writer: new ProjectWriter(storage, loaded.project.id, loaded) } : {};
    await show(loaded.project, loaded.edited, { status: mine ? 'saved' : 'elsewhere' });
    set({ lostSteps: loaded.lostSteps });
    if (mine) await storage.writeDocument(lastProject, loaded.project.id);
  };

  const showNew = async (project: Project, touched: boolean): Promise<void> => {
    const { sequence, ...frame } = project;
    await take(project.id);
    keeper = {};
    await show(frame, unedited(sequence), { status: touched ? 'pending' : 'untouched' });
    if (!touched) return;
    untouched = undefined;
    keeper = { writer: new ProjectWriter(storage, project.id) };
    await save();
  };

  /** The project at hand with the form as it stands. */
  const withForm = (project: ProjectFrame): ProjectFrame => {
    const compose = form.kept();
    return JSON.stringify(compose) === JSON.stringify(project.compose) ? project : { ...project, compose };
  };

  /** A project under an id and a name of its own. */
  const copyOf = (project: ProjectFrame): ProjectFrame => ({ ...project, id: newId(), name: copyName(project.name, get().savedProjects) });

  /** What is changed where another tab has the project goes to a copy, which this tab has. */
  const fork = async (own: Keeper): Promise<void> => {
    const copy = copyOf(get().project);
    await take(copy.id);
    if (keeper !== own) return;
    own.writer = undefined;
    quietly({ project: { ...get().project, id: copy.id, name: copy.name } });
  };

  const save = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    saving = saving.then(saveOnce, saveOnce);
    return saving;
  };

  const saveOnce = async (): Promise<void> => {
    if (!isTouched()) return;
    const own = keeper;
    try {
      if (release === undefined) {
        if (!isChanged() && own.writer === undefined) return;
        await fork(own);
      }
      // Where another project took its place meanwhile, what was to be kept is kept by `keepReplaced`.
      if (keeper !== own) return;
      const { compose } = withForm(get().project);
      if (compose !== get().project.compose) {
        await form.keepFiles();
        if (keeper !== own) return;
        quietly({ project: { ...get().project, compose } });
      }
      const { edited, project } = get();
      if (own.writer?.isSaved(project, edited) === true) return set({ saving: { status: 'saved' } });
      const fresh = own.writer === undefined;
      own.writer ??= new ProjectWriter(storage, project.id);
      await own.writer.save(project, edited);
      if (keeper !== own) return;
      untouched = undefined;
      if (fresh) await storage.writeDocument(lastProject, project.id);
      // More may have been done meanwhile, which is on its way.
      if (timer === undefined) set({ saving: { status: 'saved' } });
    } catch (error) {
      if (keeper === own) set({ saving: { status: 'failed', problem: problemOf(error) } });
    }
  };

  /** Keeps what was done to the project at hand and is not kept yet, while another takes its place: behind what is being saved. */
  const keepReplaced = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (!isTouched()) return;
    const own = keeper;
    const [project, { edited }] = [withForm(get().project), get()];
    const files = form.keepFiles();
    // Told below, once what can be kept is.
    files.catch(() => undefined);
    const keep = async (): Promise<void> => {
      try {
        if (own.writer?.isSaved(project, edited) === true) return;
        const kept = release !== undefined && held === project.id ? project : copyOf(project);
        if (kept !== project) own.writer = undefined;
        own.writer ??= new ProjectWriter(storage, kept.id);
        await own.writer.save(kept, edited);
        await state.refreshProjects();
      } finally {
        await files;
      }
    };
    saving = saving.then(keep).catch((error: unknown) => set({ projectProblem: problemOf(error) }));
  };

  /** Runs something that was asked for; what goes wrong is told, and the project at hand stays. */
  const asked = async (work: () => Promise<void>): Promise<void> => {
    set({ projectProblem: undefined });
    try {
      await work();
      await state.refreshProjects();
    } catch (error) {
      set({ projectProblem: problemOf(error) });
    }
  };

  const fresh = (): Project => emptyProject(newId(), '', { width: 1280, height: 720, rate: { numerator: 24, denominator: 1 } });

  const wholeProject = (): Project => ({ ...withForm(get().project), sequence: get().edited.sequence });

  /** Fills the form in with what a project kept of it; that is no change of the project. */
  const fill = async (frame: ProjectFrame, how: (frame: ProjectFrame) => Promise<void>): Promise<void> => {
    quiet = true;
    try {
      await how(frame);
    } finally {
      quiet = false;
    }
  };

  const state: LibraryState = {
    saving: { status: 'untouched' },
    savedProjects: [],
    projectProblem: undefined,
    lostSteps: false,

    async refreshProjects() {
      set({ savedProjects: await listProjects(storage) });
    },

    newProject: () =>
      asked(async () => {
        await save();
        await showNew(fresh(), false);
      }),

    openSavedProject: (id) =>
      asked(async () => {
        if (id === get().project.id) return;
        await save();
        const loaded = await loadProject(storage, id);
        if (loaded === undefined) return;
        await showLoaded(loaded, await take(id));
      }),

    openProjectFile: (file, name) =>
      asked(async () => {
        const { adopted, openProjectFile } = await import('./opened-file');
        const { project, damaged } = await openProjectFile(file, name, storage);
        await save();
        await showNew(adopted({ ...project, name: project.name || name.replace(/\.[^.]*$/, '') }, newId()), true);
        const wrong = project.media.filter((item) => damaged.some(({ fingerprint }) => fingerprint === item.fingerprint));
        set({ missingMedia: [...new Set([...wrong.map(({ id }) => id), ...(await missingOf(project.media))])] });
      }),

    wholeProject,

    placeProject({ sequence, ...frame }) {
      const before = get().project.id;
      placed = true;
      if (frame.id !== before) {
        keepReplaced();
        keeper = { given: true };
      }
      const same = JSON.stringify(form.kept()) === JSON.stringify(frame.compose);
      const edited = unedited(sequence);
      if (frame.id !== before) {
        untouched = { project: frame, edited };
        // Behind what is being saved, and before what is saved next.
        saving = saving.then(async () => {
          const mine = await take(frame.id);
          if (!mine && get().project.id === frame.id) set({ saving: { status: 'elsewhere' } });
        });
      }
      set({ project: frame, edited, playhead: 0, selection: [] });
      // Before the studio is open there is no form to fill in: see restore.
      if (isOpen) void fill(frame, frame.id !== before ? opened : same ? async () => undefined : form.fill);
    },

    saveProjectAs: () =>
      asked(async () => {
        const project = { ...wholeProject(), savedAt: Date.now() };
        await form.keepFiles();
        await (await import('./opened-file')).saveProjectFile(project, storage);
      }),

    renameProject: (name) => set({ project: { ...get().project, name: name.trim() } }),

    duplicateProject: () =>
      asked(async () => {
        await save();
        const { project, edited } = get();
        const copy = copyOf(project);
        await take(copy.id);
        keeper = { writer: new ProjectWriter(storage, copy.id) };
        untouched = undefined;
        set({ project: copy, edited, saving: { status: 'pending' } });
        await save();
        await storage.writeDocument(lastProject, copy.id);
      }),

    deleteProject: (id) =>
      asked(async () => {
        if (id === get().project.id) {
          keeper = {};
          untouched = undefined;
          await saving;
          await removeProject(storage, id);
          return showNew(fresh(), false);
        }
        const free = await locks.take(`project-${id}`, { onLost: () => undefined });
        if (free === undefined) return set({ projectProblem: { code: 'bad-usage', words: 'project-elsewhere', report: id } });
        await removeProject(storage, id);
        await free();
      }),

    takeProject: () =>
      asked(async () => {
        const { id } = get().project;
        await take(id, true);
        const loaded = await loadProject(storage, id);
        if (loaded !== undefined) await showLoaded(loaded, true);
      }),

    saveNow: () => save(),

    relinkMedia: async (files) => (await import('./relink-media')).relinkMedia(files, { get, set, storage }),

    dismissProjectProblem: () => set({ projectProblem: undefined, lostSteps: false }),
  };

  const missingOf = async (media: readonly MediaItem[]): Promise<string[]> => {
    const kept = new Set((await storage.listFiles()).map(({ fingerprint }) => fingerprint));
    return media.filter(({ fingerprint }) => !kept.has(fingerprint)).map(({ id }) => id);
  };

  return {
    state,

    async restore() {
      await closing;
      isOpen = true;
      if (placed) {
        await saving;
        if (release === undefined) await take(get().project.id);
        await fill(get().project, opened);
        return state.refreshProjects();
      }
      untouched ??= { project: get().project, edited: get().edited };
      await state.refreshProjects();
      const id = await storage.readDocument(lastProject);
      try {
        const mine = id !== undefined && (await take(id));
        const loaded = id === undefined ? undefined : await loadProject(storage, id);
        // What was done before the storage could be read is not thrown away.
        if (loaded === undefined || isChanged()) return void (await take(get().project.id));
        await showLoaded(loaded, mine);
        set({ missingMedia: await missingOf(loaded.project.media) });
      } catch (error) {
        await take(get().project.id);
        set({ projectProblem: problemOf(error) });
      }
    },

    changeOther(id, change) {
      const work = saving.then(async () => {
        if (get().project.id === id) return undefined;
        const project = await otherProject({ storage, locks }, id, change);
        await state.refreshProjects();
        return project;
      });
      saving = work.then(
        () => undefined,
        () => undefined,
      );
      return work;
    },

    noticeChange() {
      if (quiet || !isTouched()) return;
      const { saving: now } = get();
      // Where another tab has the project, what is changed goes to a copy, and what is only typed goes nowhere.
      const isKept = now.status !== 'elsewhere' || keeper.writer !== undefined || isChanged();
      if (isKept && now.status !== 'pending' && now.status !== 'failed') set({ saving: { status: 'pending' } });
      clearTimeout(timer);
      timer = setTimeout(() => void save(), autosaveDelay);
    },

    close() {
      closing = (timer === undefined ? saving : save()).then(async () => {
        keeper = {};
        untouched = undefined;
        isOpen = false;
        await giveBack();
      });
      return closing;
    },
  };
}
