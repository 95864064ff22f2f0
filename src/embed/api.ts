import { AiprodError } from '../errors';
import type { GeneratedClip, JobInput } from '../pipelines';
import { projectSchema, readProject, sequenceFrames, unedited, type Project } from '../project';
import { englishReasonAgainst, type StudioHandle, type StudioState, type Transport } from '../studio';
import type { ExportOptions } from './export-options';

/**
 * What a program can do with a mounted studio. Times are whole frames. What plays is what the workspace at hand shows: the sequence in Edit, the
 * newest or chosen clip in Create, the compared videos in Compare (frames of the left one).
 */
export interface StudioApi {
  /** Stands, and shows a frame; one past the end shows the end. @throws AiprodError `bad-usage` where nothing that plays is shown */
  seekTo(frame: number): void;
  /** The frame that is shown; 0 where nothing that plays is. */
  readonly frame: number;
  /** @throws AiprodError `bad-usage` where nothing that plays is shown */
  play(): void;
  /** Stands. */
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
  /**
   * A file of the sequence, or of the newest clip where the sequence has no clips; `what` says which. The newest clip is the very file that it was
   * written to. The sequence is written by the queue of exports, where a person sees it, frame by frame to the disk: the file given back lies
   * in the browser's private storage until its row in that queue is taken away, or where `to` says.
   * @throws AiprodError `bad-usage` when there is nothing to export, or no such frames; `codec-unavailable` with what this browser writes;
   *   `bad-input` for a file of the sequence that is missing or damaged; `unwritable-output`; `cancelled`
   */
  export(options?: ExportOptions): Promise<File>;
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
  const transport = (): Transport | undefined => {
    const { workspace, playhead: frame, speed, togglePlaying: toggle, seek } = state();
    return workspace === 'edit' ? { frame, playing: speed !== 0, toggle, seek } : commands.transport();
  };
  return {
    seekTo: (frame) => needed(transport()).seek(Math.round(frame)),
    get frame() {
      return transport()?.frame ?? 0;
    },
    play() {
      const shown = needed(transport());
      if (!shown.playing) shown.toggle();
    },
    pause() {
      const shown = transport();
      if (shown?.playing === true) shown.toggle();
    },
    generate: (settings) => generate(store, settings),
    stop: () => state().stop(),
    async export(options = {}) {
      const { what = sequenceFrames(state().edited.sequence) > 0 ? 'sequence' : 'clip' } = options;
      if (what === 'sequence') return (await import('./export-sequence')).exportSequence(store, options);
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

function needed(transport: Transport | undefined): Transport {
  if (transport !== undefined) return transport;
  throw new AiprodError('bad-usage', 'Nothing that plays is shown', { hint: "Generate a clip first, or openWorkspace('edit')" });
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
