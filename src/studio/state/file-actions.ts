import { isPictureFile } from '../compose/input-files';
import type { InputState } from '../compose/input-actions';
import { isProjectFile } from '../projects/file-content';
import type { LibraryState } from '../projects/library-state';
import type { RecipeState } from '../projects/recipe-state';
import type { SoundState } from '../sound/own-sound';
import { isSoundFile } from '../sound/sound-files';
import type { Environment } from './studio-store';
import { shows, type UiState } from './ui';

export interface FileState {
  /**
   * Takes files by what they are: a project is opened; a clip alone gives back its settings; else images and a video are worked from, or
   * a sound is heard.
   */
  takeFiles(files: readonly File[]): Promise<void>;
}

export interface FileActionsOptions {
  readonly get: () => Pick<LibraryState, 'openProjectFile'> &
    Pick<RecipeState, 'takeRecipe'> &
    Pick<InputState, 'addInputs'> &
    Pick<SoundState, 'chooseSound'> &
    Pick<UiState, 'ui'> & { readonly environment: Environment };
}

export function fileActions({ get }: FileActionsOptions): FileState {
  return {
    async takeFiles(files) {
      const { environment, openProjectFile, takeRecipe, addInputs, chooseSound } = get();
      if (shows(get(), 'projects')) for (const file of files.filter(isProjectFile)) await openProjectFile(file, file.name);
      if (environment.status !== 'ready') return;
      const pictures = files.filter(isPictureFile);
      if (pictures.length === 1 && (await takeRecipe(pictures[0]))) return;
      if (!shows(get(), 'inputs')) return;
      if (pictures.length > 0) return addInputs(pictures);
      const sound = files.find(isSoundFile);
      if (sound !== undefined && environment.description.model.makesSound) await chooseSound(sound);
    },
  };
}
