import { AiprodError } from '../errors';
import type { GeneratedClip, JobInput } from '../pipelines';
import { projectSchema, readProject, unedited, type Project } from '../project';
import type { StudioHandle, StudioState } from '../studio';

/** What a program can do with a mounted studio. Times are whole frames of the project's sequence. */
export interface StudioApi {
  /** Shows a frame of the sequence; one past its end shows the end. */
  seekTo(frame: number): void;
  /** Frame of the sequence that is shown. */
  readonly frame: number;
  play(): void;
  pause(): void;
  /**
   * Makes a clip: what is not given is taken from the form.
   * @throws AiprodError `bad-usage` when a clip is being made already, or none can be made as the form stands
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

/** Waits until the worker has said what it can do, or that it can do nothing. */
function machineKnown(store: StudioHandle['store']): Promise<void> {
  return new Promise((resolve) => {
    const settled = ({ environment }: StudioState): boolean => environment.status !== 'checking';
    if (settled(store.getState())) return resolve();
    const end = store.subscribe((state) => {
      if (!settled(state)) return;
      end();
      resolve();
    });
  });
}

async function generate(store: StudioHandle['store'], settings: GenerateSettings = {}): Promise<GeneratedClip> {
  await machineKnown(store);
  const before = store.getState();
  if (before.run.status === 'running')
    throw new AiprodError('bad-usage', 'A clip is being made already', { hint: 'Wait for it, or stop it' });
  const texts: Record<string, string> = { count: '1', stopAt: '' };
  for (const [name, value] of Object.entries(settings)) texts[name] = String(value);
  before.edit({ ...texts, ...(settings.seed === undefined ? {} : { seedLocked: true }) });
  await store.getState().generate();
  const { run, clips } = store.getState();
  if (run.status === 'failed') throw new AiprodError(run.problem.code, run.problem.report);
  if (run.status === 'suspended') throw new AiprodError('cancelled', 'The run was stopped', { hint: 'Resume it in the studio' });
  const [made] = clips;
  if (made === undefined || made === before.clips[0]) {
    throw new AiprodError('bad-usage', 'No clip can be made with the settings as they stand', {
      hint: 'The form says what is in the way; give a prompt',
    });
  }
  return made.content;
}
