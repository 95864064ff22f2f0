import type { Project } from '../../project';
import type { InputState, JobFiles } from '../compose/input-actions';
import type { ModelState } from '../models/model-actions';
import type { SoundState } from '../sound/own-sound';
import type { StudioStorage } from '../storage/storage';
import { composeOf, draftOf, inputsOfForm, renamedInputs, type Form } from './kept-draft';
import type { ProjectFrame } from './saved-project';

/** The form of the next clip as a part of the project at hand. */
export interface ProjectForm {
  /** What a project keeps of the form as it stands. */
  kept(): Project['compose'];
  /** Whether a person put something into it. */
  isTouched(): boolean;
  /** Keeps the files that it names. */
  keepFiles(): Promise<void>;
  /** Fills it in with what a project kept of it. */
  fill(project: ProjectFrame): Promise<void>;
}

export interface ProjectFormOptions {
  readonly get: () => Form & ModelState & InputState & SoundState & { readonly phase: 'closed' | 'opening' | 'open' };
  readonly set: (change: Partial<Pick<Form, 'draft'>>) => void;
  readonly storage: StudioStorage;
  readonly files: JobFiles;
}

export function projectForm({ get, set, storage, files }: ProjectFormOptions): ProjectForm {
  const hasInputs = (): boolean => {
    const { inputs, ownSound } = get();
    return inputs.images.length > 0 || inputs.video !== undefined || inputs.loras.length > 0 || ownSound.status !== 'none';
  };

  const fillInputs = async ({ inputs, files: wanted }: ReturnType<typeof draftOf>): Promise<void> => {
    const sound = wanted.find(({ name }) => name === inputs.audio?.file);
    const names = await files.bring(wanted.filter((file) => file !== sound));
    const { chooseSound, startSoundAt, removeSound, takeInputsOf } = get();
    takeInputsOf(renamedInputs(inputs, names));
    const content = sound === undefined ? undefined : await storage.file(sound.fingerprint);
    if (sound === undefined || content === undefined) return removeSound();
    await chooseSound(new File([content], sound.name, { type: content.type }));
    startSoundAt(inputs.audio?.start ?? 0);
  };

  return {
    kept: () => composeOf(get(), files.about),
    isTouched: () => get().draft.prompt.trim() !== '' || hasInputs(),
    keepFiles: () => files.keep(inputsOfForm(get())),

    async fill(project) {
      const kept = draftOf(project);
      const { models, chooseModel, model, draft: before, phase } = get();
      if (kept.model !== undefined && kept.model !== model && models.some(({ name }) => name === kept.model)) await chooseModel(kept.model);
      // What was typed and given before the project could be read stays.
      const isFirst = phase !== 'open';
      const typed = isFirst && before.prompt.trim() !== '' ? { prompt: before.prompt } : {};
      const empty = isFirst ? {} : { prompt: '', negativePrompt: '' };
      set({ draft: { ...get().draft, ...empty, ...kept.draft, ...typed } });
      if (!isFirst || !hasInputs()) await fillInputs(kept);
    },
  };
}
