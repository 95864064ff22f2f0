import type { FormFile, Project } from '../../project';
import type { InputState, JobFiles } from '../compose/input-actions';
import type { ModelState } from '../models/model-actions';
import type { SoundState } from '../sound/own-sound';
import type { StudioStorage } from '../storage/storage';
import { composeOf, draftOf, inputsOfForm, renamedInputs, type Form, type FormInputs } from './kept-draft';
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
  /**
   * Fills in its inputs, with files that are known or kept; what is lost is left out.
   * @returns what files are called here, by the names given, where that is known
   */
  fillInputs(kept: { readonly inputs: FormInputs; readonly files: readonly NamedFile[] }): Promise<ReadonlyMap<string, string>>;
}

/** A file by its name in jobs and by its content. */
type NamedFile = Pick<FormFile, 'name' | 'fingerprint'>;

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

  /** @returns what the file of the sound is called here; undefined where there is none */
  const fillSound = async (audio: FormInputs['audio'], file: NamedFile | undefined): Promise<string | undefined> => {
    const { chooseSound, startSoundAt, takeSoundOf } = get();
    const isKnown = file === undefined || files.fingerprintOf(file.name) === file.fingerprint;
    takeSoundOf(isKnown ? { audio } : {});
    const content = get().ownSound.status === 'none' && file !== undefined ? await storage.file(file.fingerprint) : undefined;
    if (file !== undefined && content !== undefined) {
      await chooseSound(new File([content], file.name, { type: content.type }));
      startSoundAt(audio?.start ?? 0);
    }
    const { ownSound } = get();
    return ownSound.status === 'ready' ? ownSound.sound.file : undefined;
  };

  const fillInputs: ProjectForm['fillInputs'] = async ({ inputs, files: wanted }) => {
    const { audio } = inputs;
    const sound = wanted.find(({ name }) => name === audio?.file);
    const names = new Map(await files.bring(wanted.filter((file) => file !== sound)));
    get().takeInputsOf(renamedInputs(inputs, names));
    const heard = await fillSound(audio, sound);
    if (audio !== undefined && heard !== undefined) names.set(audio.file, heard);
    return names;
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

    fillInputs,
  };
}
