import {
  edited,
  emptyProject,
  redo,
  undo,
  unedited,
  type Edit,
  type EditedSequence,
  type EditLabel,
  type MediaItem,
  type Project,
} from '../../project';

/** The project at hand. Its sequence is apart from the rest, for only the sequence is undone. */
export interface ProjectState {
  readonly project: Omit<Project, 'sequence'>;
  readonly edited: EditedSequence;
  /** Frame of the sequence that the viewer shows. */
  readonly playhead: number;
  /** Ids of clips. */
  readonly selection: readonly string[];

  /** Changes the sequence, as a step that undo takes back; see `edited`. */
  change(label: EditLabel, edit: Edit, merge?: string): void;
  undo(): void;
  redo(): void;
  /** Adds a file to the project, unless its content is there already. Gives back the project's item of it. */
  addMedia(item: MediaItem): MediaItem;
  movePlayhead(frame: number): void;
  selectClips(ids: readonly string[]): void;
}

export interface ProjectActionsOptions {
  readonly get: () => ProjectState;
  readonly set: (change: Partial<ProjectState>) => void;
  readonly newId: () => string;
}

/** Size and rate of a new project, until its first clip gives its own. */
const firstShape = { width: 1280, height: 720, rate: { numerator: 24, denominator: 1 } } as const;

export function projectActions({ get, set, newId }: ProjectActionsOptions): ProjectState {
  const { sequence, ...project } = emptyProject(newId(), '', firstShape);
  return {
    project,
    edited: unedited(sequence),
    playhead: 0,
    selection: [],
    change: (label, edit, merge) => set({ edited: edited(get().edited, label, edit, merge) }),
    undo: () => set({ edited: undo(get().edited) }),
    redo: () => set({ edited: redo(get().edited) }),
    addMedia(item) {
      const { project: current } = get();
      const same = current.media.find(({ fingerprint }) => fingerprint === item.fingerprint);
      if (same !== undefined) return same;
      set({ project: { ...current, media: [...current.media, item] } });
      return item;
    },
    movePlayhead: (frame) => set({ playhead: Math.max(0, Math.round(frame)) }),
    selectClips: (ids) => set({ selection: ids }),
  };
}
