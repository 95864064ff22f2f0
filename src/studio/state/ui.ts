import { AiprodError } from '../../errors';
import { workspaces, type Workspace } from './workspaces';

/** What a host leaves out of the studio; everything is shown when left out. */
export interface StudioUi {
  /** Views in the order of their tabs, the first of them open at first. A single one has no tabs. */
  readonly workspaces?: readonly Workspace[];
  /** The bar on top, with all that is in it. */
  readonly header?: boolean;
  /** The project's name, and the ways to others: new ones, files, what is kept. */
  readonly projects?: boolean;
  /** What is told of the graphics adapter. */
  readonly machine?: boolean;
  /** Theme, language, and the ways to the commands and their keys. */
  readonly preferences?: boolean;
  /** The model in use and the ways to others. */
  readonly models?: boolean;
  /** Fetching models from the network. */
  readonly downloads?: boolean;
  /** Images, video, sound and add-ons that a clip is made from. */
  readonly inputs?: boolean;
  /** What is set besides the prompt. */
  readonly settings?: boolean;
  /** Jobs that wait. */
  readonly queue?: boolean;
  /** The clips that were made. */
  readonly history?: boolean;
  /** Exports of the sequence that a person asks for. */
  readonly export?: boolean;
  /** The tour, and the offer of it. */
  readonly tour?: boolean;
}

export const uiParts = [
  ...(['header', 'projects', 'machine', 'preferences'] as const),
  ...(['models', 'downloads', 'inputs', 'settings', 'queue', 'history', 'export', 'tour'] as const),
];
export type UiPart = (typeof uiParts)[number];

export interface UiState {
  readonly ui: StudioUi;
  readonly workspace: Workspace;
  /** Opens a view; one that is not shown stays closed. */
  openWorkspace(workspace: Workspace): void;
  /** Shows what a host wants shown from now on. @throws AiprodError as checkedUi */
  showUi(ui: StudioUi): void;
}

export const shows = ({ ui }: Pick<UiState, 'ui'>, part: UiPart): boolean => ui[part] !== false;

export const shownWorkspaces = ({ ui }: Pick<UiState, 'ui'>): readonly Workspace[] => ui.workspaces ?? workspaces;

/** @throws AiprodError `bad-usage` for a part or a view that there is not, or no view at all */
export function checkedUi(ui: StudioUi): StudioUi {
  const unknown = Object.keys(ui).find((name) => name !== 'workspaces' && !uiParts.some((part) => part === name));
  const views = ui.workspaces ?? workspaces;
  const wrongView = views.find((view, at) => !workspaces.includes(view) || views.indexOf(view) !== at);
  if (unknown === undefined && wrongView === undefined && views.length > 0) return ui;
  throw new AiprodError('bad-usage', unknown === undefined ? 'ui.workspaces names the views to be shown' : 'ui has no such part', {
    expected: unknown === undefined ? `some of ${workspaces.join(', ')}, each once` : ['workspaces', ...uiParts].join(', '),
    found: unknown ?? wrongView ?? 'none',
  });
}

export interface UiOptions {
  readonly ui: StudioUi;
  readonly get: () => UiState;
  readonly set: (change: Partial<UiState>) => void;
}

export function uiActions({ ui: first, get, set }: UiOptions): UiState {
  const ui = checkedUi(first);
  return {
    ui,
    workspace: shownWorkspaces({ ui })[0],
    openWorkspace(workspace) {
      if (shownWorkspaces(get()).includes(workspace)) set({ workspace });
    },
    showUi(next) {
      const { workspace } = get();
      const views = shownWorkspaces({ ui: checkedUi(next) });
      set({ ui: next, workspace: views.includes(workspace) ? workspace : views[0] });
    },
  };
}
