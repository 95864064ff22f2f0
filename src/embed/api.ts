import { AiprodError } from '../errors';
import type { GeneratedClip } from '../pipelines';
import { projectSchema, readProject, sequenceFrames, type Project } from '../project';
import { shownWorkspaces, type StudioHandle, type StudioState, type Transport, type Workspace } from '../studio';
import type { ExportOptions } from './export-options';
import type { GenerateSettings } from './generate';

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
   *   `bad-input` for a file of the sequence that is missing or damaged; `storage-full`; `unwritable-output`; `cancelled`
   */
  export(options?: ExportOptions): Promise<File>;
  getProject(): Project;
  /** @param project as `getProject` gave it, or the text of a project file @throws AiprodError `bad-input` when it is none */
  setProject(project: Project | string): void;
  /** @throws AiprodError `bad-usage` where `ui` leaves this view out */
  openWorkspace(workspace: Workspace): void;
}

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
    generate: async (settings) => (await import('./generate')).generate(store, settings),
    stop: () => state().stop(),
    async export(options = {}) {
      const { what = sequenceFrames(state().edited.sequence) > 0 ? 'sequence' : 'clip' } = options;
      if (what === 'sequence') return (await import('./export-sequence')).exportSequence(store, options);
      const [clip] = state().clips;
      if (clip === undefined) throw new AiprodError('bad-usage', 'There is no clip to export', { hint: 'Generate one first' });
      const { bytes, mimeType, extension } = clip.content.file;
      return new File([bytes], `clip.${extension}`, { type: mimeType });
    },
    getProject: () => state().wholeProject(),
    setProject(project) {
      state().placeProject(typeof project === 'string' ? readProject(project).project : checked(project));
    },
    openWorkspace(workspace) {
      const views = shownWorkspaces(state());
      if (views.includes(workspace)) return state().openWorkspace(workspace);
      throw new AiprodError('bad-usage', 'This view is not shown', { expected: views.join(', '), found: workspace });
    },
  };
}

function needed(transport: Transport | undefined): Transport {
  if (transport !== undefined) return transport;
  throw new AiprodError('bad-usage', 'Nothing that plays is shown', { hint: "Generate a clip first, or openWorkspace('edit')" });
}

function checked(project: Project): Project {
  const parsed = projectSchema.safeParse(project);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new AiprodError('bad-input', `the project is not valid at ${path.join('.') || 'its top level'}: ${message}`, {
    hint: 'Give what getProject gave, or the text of a project file',
  });
}
