import { z } from 'zod';
import { jobSchema, type JobInput, type ProgressEvent, type SuspendedRun } from '../../pipelines';
import type { Problem } from '../state/problem';
import type { StageSeconds } from '../state/stage-timing';

export type Preview = Extract<ProgressEvent, { kind: 'preview' }>;

/** What was said of a job when it was asked for: kept over visits, and the same when it is made once more. */
export interface JobOrigin {
  /** A draft is stopped after so many steps, to be looked at. */
  readonly stopAt?: number;
  /** The generation whose settings it began from. */
  readonly parent?: string;
  /** The clip of the timeline that its result may take the place of. */
  readonly replaces?: string;
  /** The project that it was started from. */
  readonly project?: string;
}

/** The origin alone, without what was not said. */
export const originOf = ({ stopAt, parent, replaces, project }: JobOrigin): JobOrigin => ({
  ...(stopAt === undefined ? {} : { stopAt }),
  ...(parent === undefined ? {} : { parent }),
  ...(replaces === undefined ? {} : { replaces }),
  ...(project === undefined ? {} : { project }),
});

/** A job that is asked for. */
export interface NewJob extends JobOrigin {
  readonly job: JobInput;
}

/** A job that is not done yet. Its id names its run: what it has done is kept under it. */
export interface QueuedJob extends NewJob {
  readonly id: string;
  /** `waiting` has its turn by itself; `suspended` and `failed` wait for the person. */
  readonly state: 'waiting' | 'running' | 'suspended' | 'failed';
  /** Steps of denoising that are done; `steps` is 0 before it began. */
  readonly step: number;
  readonly steps: number;
  /** Why it is suspended. */
  readonly reason?: SuspendedRun['reason'] | 'device-lost';
  readonly problem?: Problem;
  /** The last look at it; not kept over visits. */
  readonly preview?: Preview;
  /** What its stages took so far. */
  readonly spent: StageSeconds;
}

/** The jobs that are not done, in the order of their turns. */
export type Queue = readonly QueuedJob[];

export const queueVersion = 1;

/** What is kept of a queue over visits. Files that jobs name are kept beside it, by their content. */
export const keptQueueSchema = z.strictObject({
  version: z.literal(queueVersion),
  jobs: z.array(
    z.strictObject({
      id: z.string().min(1).max(200),
      job: jobSchema,
      step: z.int().min(0),
      steps: z.int().min(0),
      stopAt: z.int().min(1).optional(),
      parent: z.string().min(1).max(200).optional(),
      replaces: z.string().min(1).max(200).optional(),
      project: z.string().min(1).max(200).optional(),
      /** Whether it has its turn by itself. */
      waits: z.boolean(),
    }),
  ),
  /** Name in jobs to fingerprint. */
  files: z.record(z.string(), z.string()),
});
export type KeptQueue = z.output<typeof keptQueueSchema>;

/** The queue as it is kept: previews, problems and times are of this visit. */
export function keptOf(queue: Queue, fingerprintOf: (file: string) => string | undefined): KeptQueue {
  const names = [...new Set(queue.flatMap(({ job }) => filesOf(job)))];
  return {
    version: queueVersion,
    jobs: queue.map(({ id, job, step, steps, state, ...origin }) => ({
      ...{ id, job: jobSchema.parse(job), step, steps, waits: state === 'waiting' || state === 'running' },
      ...originOf(origin),
    })),
    files: Object.fromEntries(
      names.flatMap((name) => {
        const fingerprint = fingerprintOf(name);
        return fingerprint === undefined ? [] : [[name, fingerprint]];
      }),
    ),
  };
}

/** What was running goes on first. */
export function restored({ jobs }: KeptQueue): Queue {
  return jobs.map(({ id, job, step, steps, waits, ...origin }) => ({
    ...{ id, job, step, steps, spent: {} },
    ...originOf(origin),
    ...(waits
      ? { state: 'waiting' as const }
      : { state: 'suspended' as const, reason: origin.stopAt === undefined ? 'cancelled' : 'stop-at' }),
  }));
}

/** Files that a job names besides its model. */
export function filesOf(job: Pick<JobInput, 'conditions' | 'video' | 'audio'>): string[] {
  return [
    ...(job.conditions ?? []).map(({ file }) => file),
    ...(job.video === undefined ? [] : [job.video]),
    ...(job.audio === undefined ? [] : [job.audio.file]),
  ];
}

/** The next job to have its turn. */
export const nextOf = (queue: Queue): QueuedJob | undefined => queue.find(({ state }) => state === 'waiting');

export const changed = (queue: Queue, id: string, change: Partial<QueuedJob>): Queue =>
  queue.map((entry) => (entry.id === id ? { ...entry, ...change } : entry));

/** Puts a job at another place; the one at work keeps the front. */
export function moved(queue: Queue, id: string, to: number): Queue {
  const from = queue.findIndex((entry) => entry.id === id);
  if (from === -1 || queue[from].state === 'running') return queue;
  const rest = queue.filter((entry) => entry.id !== id);
  const first = rest.findIndex(({ state }) => state === 'running') + 1;
  const at = Math.min(rest.length, Math.max(first, to));
  return [...rest.slice(0, at), queue[from], ...rest.slice(at)];
}

/**
 * How much work a job is beside others, for want of anything measured of itself: pixels times steps, twice that where it is guided. Only
 * ratios mean something.
 */
export function workOf({ width = 0, height = 0, frames = 0, steps = 1, guidanceScale = 1 }: JobInput): number {
  return width * height * frames * steps * (guidanceScale > 1 ? 2 : 1);
}

/** A run of which the time is known. */
export interface MeasuredRun {
  readonly work: number;
  readonly seconds: number;
}

/**
 * Seconds until the queue is empty: what is left of the job at work, and for those that wait what the last finished run took, by their
 * share of its work. Undefined while nothing was measured.
 */
export function secondsOfQueue(queue: Queue, leftOfRunning: number | undefined, measured: MeasuredRun | undefined): number | undefined {
  const running = queue.find(({ state }) => state === 'running');
  const waiting = queue.filter(({ state }) => state === 'waiting');
  if (running !== undefined && leftOfRunning === undefined) return undefined;
  if (waiting.length === 0) return leftOfRunning;
  if (measured === undefined || measured.work === 0) return undefined;
  const expected = waiting.reduce((sum, { job, step, steps, stopAt = steps }) => {
    const share = steps > 0 ? Math.max(0, (Math.min(stopAt, steps) - step) / steps) : 1;
    return sum + (measured.seconds / measured.work) * workOf(job) * share;
  }, 0);
  return (leftOfRunning ?? 0) + expected;
}
