import { AiprodError } from '../errors';
import type { GeneratedClip, JobInput } from '../pipelines';
import { projectSchema, readProject, unedited, type Project } from '../project';
import { englishReasonAgainst, type StudioHandle, type StudioState } from '../studio';

/** What a program can do with a mounted studio. Times are whole frames of the project's sequence. */
export interface StudioApi {
  /** Shows a frame of the sequence; one past its end shows the end. */
  seekTo(frame: number): void;
  /** Frame of the sequence that is shown. */
  readonly frame: number;
  play(): void;
  pause(): void;
  /**
   * Makes a clip once the studio is open: what is not given is taken from the form.
   * @returns the finished clip
   * @throws AiprodError `bad-usage` when a clip is being made already, or none can be made as the form stands; `cancelled` when the run was
   *   stopped or the studio closed; otherwise what went wrong
   */
  generate(settings?: GenerateSettings): Promise<GeneratedClip>;
  /** Stops the run after the step at hand; it can be resumed. */
  stop(): void;
  /** The newest clip as the file that it was written to. @throws AiprodError `bad-usage` when there is none */
  export(): Promise<File>;
  getProject(): Project;
  /** @param project as `getProject` gave it, or the text of a project file @throws AiprodError `bad-input` when it is none */
  setProject(project: Project | string): void;
  openWorkspace(workspace: StudioState['workspace']): void;
}

/** The settings of the form that a program may set. */
export type GenerateSettings = Partial<
  Pick<JobInput, 'prompt' | 'negativePrompt' | 'width' | 'height' | 'frames' | 'steps' | 'guidanceScale' | 'seed'>
>;

export function studioApi({ store, commands }: StudioHandle): StudioApi {
  const state = (): StudioState => store.getState();
  return {
    seekTo: (frame) => state().movePlayhead(frame),
    get frame() {
      return state().playhead;
    },
    play: () => commands.run('playback.play'),
    pause: () => commands.run('playback.pause'),
    generate: (settings) => generate(store, settings),
    stop: () => state().stop(),
    async export() {
      const [clip] = state().clips;
      if (clip === undefined) throw new AiprodError('bad-usage', 'There is no clip to export', { hint: 'Generate one first' });
      const { bytes, mimeType, extension } = clip.content.file;
      return new File([bytes], `clip.${extension}`, { type: mimeType });
    },
    getProject: () => projectOf(state()),
    setProject(project) {
      const { sequence, ...rest } = typeof project === 'string' ? readProject(project).project : checked(project);
      store.setState({ project: rest, edited: unedited(sequence), playhead: 0, selection: [] });
    },
    openWorkspace: (workspace) => state().openWorkspace(workspace),
  };
}

export function projectOf({ project, edited: { sequence } }: StudioState): Project {
  return { ...project, sequence };
}

function checked(project: Project): Project {
  const parsed = projectSchema.safeParse(project);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new AiprodError('bad-input', `the project is not valid at ${path.join('.') || 'its top level'}: ${message}`, {
    hint: 'Give what getProject gave, or the text of a project file',
  });
}

/** Waits for a state; it may be the one at hand. */
function stateWhere(store: StudioHandle['store'], holds: (state: StudioState) => boolean): Promise<StudioState> {
  return new Promise((resolve) => {
    if (holds(store.getState())) return resolve(store.getState());
    const end = store.subscribe((state) => {
      if (!holds(state)) return;
      end();
      resolve(state);
    });
  });
}

/** Whether what is asked for now is not overtaken by what is still being opened, or nothing can be made at all. */
const isSettled = ({ environment, phase, modelWork }: StudioState): boolean =>
  environment.status === 'unavailable' || (environment.status === 'ready' && phase === 'open' && modelWork.status !== 'opening');

async function generate(store: StudioHandle['store'], settings: GenerateSettings = {}): Promise<GeneratedClip> {
  const { environment, run, edit, queue } = await stateWhere(store, isSettled);
  if (environment.status === 'unavailable') throw new AiprodError(environment.problem.code, environment.problem.report);
  if (run.status === 'running') throw new AiprodError('bad-usage', 'A clip is being made already', { hint: 'Wait for it, or stop it' });
  const texts: Record<string, string> = { count: '1', stopAt: '' };
  for (const [name, value] of Object.entries(settings)) texts[name] = String(value);
  edit({ ...texts, ...(settings.seed === undefined ? {} : { seedLocked: true }) });
  const working = store.getState().generate();
  // The queue has taken the job by now, or never will.
  const queued = store.getState().queue.find(({ id }) => queue.every((before) => before.id !== id));
  if (queued === undefined) {
    await working;
    throw new AiprodError('bad-usage', 'No clip can be made with the settings as they stand', {
      hint: englishReasonAgainst(store.getState()) ?? 'Wait until the studio is open',
    });
  }
  // A program that asks for a clip does not wait for a person to go on with a paused queue.
  if (queued.state === 'waiting') {
    await working;
    void store.getState().resume(queued.id);
  }
  return outcomeOf(store, queued.id);
}

/** Waits for the clip of a job of the queue. */
async function outcomeOf(store: StudioHandle['store'], id: string): Promise<GeneratedClip> {
  const jobOf = ({ queue }: StudioState) => queue.find((entry) => entry.id === id);
  const ended = await stateWhere(store, (state) => {
    const job = jobOf(state);
    return state.phase === 'closed' || job === undefined || job.state === 'failed' || job.state === 'suspended';
  });
  const clip = ended.clips.find((known) => known.id === id);
  if (clip !== undefined) return clip.content;
  const job = jobOf(ended);
  if (job?.problem !== undefined) throw new AiprodError(job.problem.code, job.problem.report);
  if (job?.state === 'suspended') throw new AiprodError('cancelled', 'The run was stopped', { hint: 'Resume it in the studio' });
  throw new AiprodError('cancelled', ended.phase === 'closed' ? 'The studio was closed' : 'The job was taken out of the queue');
}
