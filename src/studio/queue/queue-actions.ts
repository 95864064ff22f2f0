import type { GeneratorConnection } from '../../../workers';
import type { GeneratedClip, JobInput, ProgressEvent, SuspendedRun } from '../../pipelines';
import type { JobFiles } from '../compose/input-actions';
import { readMemoryLimit } from '../models/memory-limit';
import { problemOf, type Problem } from '../state/problem';
import { advanceTiming, beginTiming, endTiming, type StageSeconds, type StageTiming } from '../state/stage-timing';
import type { StudioStorage } from '../storage/storage';
import type { TabLocks } from '../storage/tab-locks';
import {
  changed,
  keptOf,
  keptQueueSchema,
  moved,
  nextOf,
  originOf,
  restored,
  workOf,
  type MeasuredRun,
  type NewJob,
  type Preview,
  type Queue,
  type QueuedJob,
} from './queue';

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
  | { readonly status: 'failed'; readonly id: string; readonly job: JobInput; readonly problem: Problem };

export interface QueueState {
  readonly run: Run;
  readonly queue: Queue;
  /** Nothing begins by itself while it is paused. */
  readonly queuePaused: boolean;
  /** The queue was kept from an earlier visit and waits to be gone on with. */
  readonly queueRestored: boolean;
  /** The last finished run: what others are expected to take follows from it. */
  readonly measured: MeasuredRun | undefined;

  /** Suspends the run at work; what it has done is kept. */
  stop(): void;
  /** Lets a suspended or failed job have its turn next; the one on the stage when no id is given. */
  resume(id?: string): Promise<void>;
  /** Takes a job out of the queue, with what it has done; the one on the stage when no id is given. */
  discard(id?: string): void;
  /** Makes drafts whole, all that are stopped where they were to stop. */
  finishDrafts(): Promise<void>;
  moveJob(id: string, to: number): void;
  /** Puts the same job behind itself once more. */
  duplicateJob(id: string): Promise<void>;
  /** Shows a job that stands still on the stage. */
  showJob(id: string): void;
  /** Suspends the run at work, which goes on with the queue, and begins none. */
  pauseQueue(): void;
  continueQueue(): Promise<void>;
}

/** What the queue needs to know of the rest of the studio. */
export interface QueueSurroundings extends QueueState {
  readonly memoryLimit: string;
  readonly selectedClip: string | undefined;
}

export interface QueueActionsOptions {
  readonly connection: () => GeneratorConnection | undefined;
  readonly get: () => QueueSurroundings;
  readonly set: (change: Partial<QueueSurroundings>) => void;
  readonly now: () => number;
  readonly newId: () => string;
  readonly storage: StudioStorage;
  readonly locks: TabLocks;
  readonly files: JobFiles;
  /** Takes a clip that was made, before its job leaves the queue; `spent` is what its stages took. */
  readonly made: (
    entry: Pick<QueuedJob, 'id' | 'job' | 'parent' | 'replaces' | 'project'>,
    clip: GeneratedClip,
    spent: StageSeconds,
  ) => void;
}

export interface QueueActions {
  readonly state: QueueState;
  /** Adds jobs at the end, and begins with them when nothing else is at work. Ends when nothing is left to do. */
  add(jobs: readonly NewJob[]): Promise<void>;
  /** Brings back the queue of an earlier visit, paused, unless another tab has it. To be called when a worker is there. */
  restore(): Promise<void>;
  /** A worker was closed: what it was at waits again. */
  detach(): void;
}

/** Document of the storage, and name of the lock that one tab has. */
const documentName = 'queue';

export function queueActions(options: QueueActionsOptions): QueueActions {
  const { connection, get, set, now, newId, storage, locks, files, made } = options;
  let working: Promise<void> | undefined;
  /** Jobs that the person asked to go on with, paused or not. */
  const wanted = new Set<string>();
  /** Whether this tab keeps the queue. */
  let keeps = false;
  let pausing = false;

  const next = (): QueuedJob | undefined => {
    const { queue, queuePaused } = get();
    return queue.find(({ id, state }) => state === 'waiting' && wanted.has(id)) ?? (queuePaused ? undefined : nextOf(queue));
  };

  /** Changes the queue, and keeps it for the next visit. */
  const put = (queue: Queue, change: Partial<QueueSurroundings> = {}): void => {
    const idle = !queue.some(({ state }) => state === 'waiting' || state === 'running');
    set({ ...change, queue, ...(idle ? { queuePaused: false, queueRestored: false } : {}) });
    if (keeps) void keep(queue).catch((error: unknown) => console.warn(`queue: not kept: ${problemOf(error).report}`));
  };

  const keep = async (queue: Queue): Promise<void> => {
    if (queue.length === 0) return storage.removeDocument(documentName);
    for (const { job } of queue) await files.keep(job);
    await storage.writeDocument(documentName, JSON.stringify(keptOf(queue, (file) => files.fingerprintOf(file))));
  };

  const work = (): Promise<void> =>
    (working ??= loop().finally(() => {
      working = undefined;
    }));

  const loop = async (): Promise<void> => {
    const opened = connection();
    for (let entry = next(); entry !== undefined && opened !== undefined; entry = next()) {
      await run(opened, entry);
      if (connection() !== opened) return;
    }
  };

  const run = async (opened: GeneratorConnection, entry: QueuedJob): Promise<void> => {
    const { id, job, step, steps, preview, spent, stopAt } = entry;
    const { memoryLimit, queue } = get();
    const limit = readMemoryLimit(memoryLimit);
    wanted.delete(id);
    pausing = false;
    const timing: StageTiming = { ...beginTiming(now()), step, steps, finished: spent };
    // The one at work stands in front.
    const others = queue.filter((other) => other.id !== id);
    put([{ ...entry, state: 'running', reason: undefined, problem: undefined }, ...others], {
      selectedClip: undefined,
      run: { status: 'running', id, job, timing, stopping: false, ...(preview === undefined ? {} : { preview }) },
    });
    try {
      const outcome = await opened.generate(job, (event) => listen(id, event), {
        ...(limit.ok && limit.bytes !== undefined ? { memoryBudget: limit.bytes } : {}),
        ...(stopAt === undefined ? {} : { stopAt }),
        run: id,
      });
      if (connection() === opened) settle(id, outcome);
    } catch (error) {
      if (connection() === opened) fail(id, problemOf(error));
    }
  };

  const listen = (id: string, event: ProgressEvent): void => {
    const { run: current } = get();
    if (current.status !== 'running' || current.id !== id) return;
    if (event.kind === 'preview') set({ run: { ...current, preview: event } });
    // A notice is about results kept on disk that are made again.
    else if (event.kind === 'progress') set({ run: { ...current, timing: advanceTiming(current.timing, event, now()) } });
  };

  const settle = (id: string, outcome: GeneratedClip | SuspendedRun): void => {
    const { run: current, queue } = get();
    if (current.status !== 'running' || current.id !== id) return;
    const spent = endTiming(current.timing, now());
    if ('suspended' in outcome) return suspend(id, outcome);
    const { job } = current;
    const seconds = Object.values(spent).reduce((sum, stage) => sum + stage, 0);
    made({ id, job, ...originOf(queue.find((entry) => entry.id === id) ?? {}) }, outcome, spent);
    put(
      queue.filter((entry) => entry.id !== id),
      { run: { status: 'idle' }, measured: { work: workOf(outcome.recipe.job), seconds } },
    );
  };

  const suspend = (id: string, { reason, step, steps }: Pick<Extract<Run, { status: 'suspended' }>, 'reason' | 'step' | 'steps'>): void => {
    const { run: current, queue } = get();
    if (current.status !== 'running') return;
    const { job, preview } = current;
    const spent = endTiming(current.timing, now());
    const waits = pausing && reason === 'cancelled';
    const change: Partial<QueuedJob> = { state: waits ? 'waiting' : 'suspended', reason, step, steps, spent, preview };
    put(changed(queue, id, change), { run: { status: 'suspended', id, job, reason, step, steps, preview, spent } });
  };

  const fail = (id: string, problem: Problem): void => {
    const { run: current, queue } = get();
    if (current.status !== 'running') return;
    const { job, timing } = current;
    // A lost device leaves the state of the last step: the run can go on from there. What waits would lose it again.
    if (problem.code === 'device-lost' && timing.stage !== 'load') {
      suspend(id, { reason: 'device-lost', step: timing.step, steps: timing.steps });
      if (nextOf(get().queue) !== undefined) set({ queuePaused: true });
      return;
    }
    put(changed(queue, id, { state: 'failed', problem }), { run: { status: 'failed', id, job, problem } });
  };

  /** The job that an action without an id is about. */
  const shown = (): string | undefined => {
    const { run: current } = get();
    return current.status === 'suspended' || current.status === 'failed' ? current.id : undefined;
  };

  const cancel = (): void => {
    const { run: current } = get();
    if (current.status !== 'running' || current.stopping) return;
    set({ run: { ...current, stopping: true } });
    connection()
      ?.cancel()
      .catch((error: unknown) => fail(current.id, problemOf(error)));
  };

  const remove = (id: string): void => {
    const { queue, run: current } = get();
    if (current.status === 'running' && current.id === id) return;
    const onStage = current.status !== 'idle' && current.status !== 'running' && current.id === id;
    put(
      queue.filter((entry) => entry.id !== id),
      onStage ? { run: { status: 'idle' } } : {},
    );
    connection()
      ?.forget(id)
      .catch((error: unknown) => console.warn(`queue: what ${id} did is still kept: ${problemOf(error).report}`));
  };

  const add: QueueActions['add'] = (jobs) => {
    const entries = jobs.map(({ job, ...origin }): QueuedJob => ({
      ...{ id: newId(), job, state: 'waiting', step: 0, steps: 0, spent: {} },
      ...originOf(origin),
    }));
    put([...get().queue, ...entries]);
    return work();
  };

  const state: QueueState = {
    run: { status: 'idle' },
    queue: [],
    queuePaused: false,
    queueRestored: false,
    measured: undefined,

    stop() {
      pausing = false;
      cancel();
    },

    resume(id = shown()) {
      const { queue } = get();
      const entry = queue.find((other) => other.id === id);
      if (entry === undefined || entry.state === 'running') return Promise.resolve();
      wanted.add(entry.id);
      // Whoever goes on with a draft wants the clip.
      put(changed(queue, entry.id, { state: 'waiting', ...(entry.reason === 'stop-at' ? { stopAt: undefined } : {}) }));
      return work();
    },

    discard(id = shown()) {
      if (id !== undefined) remove(id);
    },

    finishDrafts() {
      const { queue } = get();
      put(queue.map((entry) => (entry.reason === 'stop-at' ? { ...entry, state: 'waiting', stopAt: undefined } : entry)));
      return work();
    },

    moveJob: (id, to) => put(moved(get().queue, id, to)),

    duplicateJob(id) {
      const { queue } = get();
      const at = queue.findIndex((entry) => entry.id === id);
      if (at === -1) return Promise.resolve();
      const { job, ...origin } = queue[at];
      const copy: QueuedJob = {
        ...{ id: newId(), job, state: 'waiting', step: 0, steps: 0, spent: {} },
        ...originOf(origin),
      };
      put([...queue.slice(0, at + 1), copy, ...queue.slice(at + 1)]);
      return work();
    },

    showJob(id) {
      const { queue, run: current } = get();
      const entry = queue.find((other) => other.id === id);
      if (entry === undefined) return;
      if (current.status === 'running') return set({ selectedClip: undefined });
      const { job, step, steps, preview, spent, reason = 'cancelled', problem } = entry;
      set({
        selectedClip: undefined,
        run:
          problem === undefined
            ? { status: 'suspended', id, job, reason, step, steps, spent, ...(preview === undefined ? {} : { preview }) }
            : { status: 'failed', id, job, problem },
      });
    },

    pauseQueue() {
      set({ queuePaused: true });
      if (get().run.status !== 'running') return;
      pausing = true;
      cancel();
    },

    continueQueue() {
      set({ queuePaused: false, queueRestored: false });
      return work();
    },
  };

  return {
    state,
    add,

    async restore() {
      const opened = connection();
      if (opened === undefined) return;
      const taken = keeps || (await locks.take(documentName, { onLost: () => (keeps = false) })) !== undefined;
      if (!taken || connection() !== opened) return;
      const text = await storage.readDocument(documentName);
      keeps = true;
      const kept = text === undefined ? undefined : readKept(text);
      const before = kept === undefined ? [] : restored(kept).filter(({ id }) => !get().queue.some((entry) => entry.id === id));
      if (kept !== undefined) await files.give(kept.files);
      if (before.length > 0) {
        const waits = before.some(({ state: own }) => own === 'waiting');
        set({
          queue: [...get().queue, ...before],
          ...(waits && get().queue.length === 0 ? { queuePaused: true, queueRestored: true } : {}),
        });
      }
      // What no job of the queue goes on from is of no use to anyone.
      const named = new Set(get().queue.map(({ id }) => id));
      for (const run of await opened.listRuns()) if (!named.has(run)) await opened.forget(run);
    },

    detach() {
      working = undefined;
      const { queue, run: current } = get();
      if (current.status !== 'running') return;
      set({ run: { status: 'idle' }, queue: changed(queue, current.id, { state: 'waiting' }) });
    },
  };
}

/** A queue of another version, or damaged, is none: it holds only what was to be made. */
function readKept(text: string): ReturnType<typeof keptQueueSchema.parse> | undefined {
  try {
    return keptQueueSchema.parse(JSON.parse(text));
  } catch (error) {
    console.warn(`queue: what was kept cannot be read: ${String(error)}`);
    return undefined;
  }
}
