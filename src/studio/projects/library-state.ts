import type { Project } from '../../project';
import type { ProjectState } from '../state/project-state';
import type { Problem } from '../state/problem';
import type { ProjectAbout } from './saved-project';

/** Whether the project at hand is kept. */
export type Saving =
  /** Nothing was done yet. */
  | { readonly status: 'untouched' }
  | { readonly status: 'pending' }
  | { readonly status: 'saved' }
  | { readonly status: 'failed'; readonly problem: Problem }
  /** Another tab has it: what is changed here goes to a copy. */
  | { readonly status: 'elsewhere' };

/** The projects of a studio. */
export interface LibraryState {
  readonly saving: Saving;
  /** Projects that are kept, the one saved last first. */
  readonly savedProjects: readonly ProjectAbout[];
  /** What went wrong with the last thing that was asked for here. */
  readonly projectProblem: Problem | undefined;
  /** Steps of undo of an earlier visit could not be read. */
  readonly lostSteps: boolean;

  refreshProjects(): Promise<void>;
  newProject(): Promise<void>;
  openSavedProject(id: string): Promise<void>;
  /** Opens an `.aiprod` file, or a project.json, as a project of its own. */
  openProjectFile(file: Blob, name: string): Promise<void>;
  /** The project as it stands, with the form of the next clip. */
  wholeProject(): Project;
  /** Puts a project at hand that a program gives, under its own id. */
  placeProject(project: Project): void;
  /** Writes the project with its media into one file. */
  saveProjectAs(): Promise<void>;
  renameProject(name: string): void;
  duplicateProject(): Promise<void>;
  deleteProject(id: string): Promise<void>;
  /** Takes the project from the other tab. */
  takeProject(): Promise<void>;
  /** Tries at once to keep what is not kept yet. */
  saveNow(): Promise<void>;
  /** Gives files back to media that miss theirs, by their content. @returns how many files were given back */
  relinkMedia(files: readonly File[]): Promise<number>;
  dismissProjectProblem(): void;
}

/** What the library needs to know of the rest of the studio. */
export interface LibrarySurroundings extends LibraryState, ProjectState {
  readonly missingMedia: readonly string[];
}
