import { z } from 'zod';
import { pipelineNames, type JobInput } from '../../pipelines';
import { keptForm, type FormFile, type KeptForm, type Project } from '../../project';
import type { WildcardLists } from '../../prompts/web';
import { inputFields, type ClipInputs } from '../compose/inputs';
import { filesOf } from '../queue/queue';
import type { SoundInput } from '../sound/own-sound';
import { readDraft, type Draft } from '../state/settings';
import type { Environment } from '../state/studio-store';

const text = z.string();

/** What is typed, as a project keeps it. Fields that another version had or lacks are left as they are. */
const draftSchema = z
  .object({
    ...{ prompt: text, negativePrompt: text, width: text, height: text, frames: text, frameRate: text, steps: text },
    ...{ guidanceScale: text, seed: text, seedLocked: z.boolean(), loudness: text, count: text, stopAt: text },
    pipeline: z.enum(['', ...pipelineNames]),
    advanced: z.record(z.string(), text),
  })
  .partial()
  .catch({});

/** The form as it stands. */
export interface Form {
  readonly draft: Draft;
  readonly model: string;
  readonly inputs: ClipInputs;
  readonly ownSound: SoundInput;
  readonly wildcardLists: WildcardLists;
  readonly environment: Environment;
}

/** A job's inputs alone, without what is said in words and numbers. */
export type FormInputs = Omit<JobInput, 'prompt'>;

/** The inputs of a form as jobs say them, whether its model takes them or not. */
export function inputsOfForm({ inputs, ownSound }: Pick<Form, 'inputs' | 'ownSound'>): FormInputs {
  const { pipeline: _, ...fields } = inputFields(inputs, 'text-to-video').fields;
  return { ...fields, ...(ownSound.status === 'ready' ? { audio: { file: ownSound.sound.file, start: ownSound.start } } : {}) };
}

/**
 * What a project keeps of the form, with the job that it makes: whoever has the project can make the clip without the form.
 * @param about what is known of a file that the inputs name
 */
export function composeOf(form: Form, about: (file: string) => Pick<FormFile, 'fingerprint' | 'bytes'> | undefined): Project['compose'] {
  const { draft, model, environment } = form;
  const inputs = inputsOfForm(form);
  const files = filesOf(inputs).flatMap((name): FormFile[] => {
    const known = about(name);
    return known === undefined ? [] : [{ name, ...known }];
  });
  const reading =
    environment.status === 'ready' ? readDraft(draft, environment.description.traits, { ...form, lists: form.wildcardLists }) : undefined;
  const job = reading?.ok === true ? { job: { ...reading.job, model } } : {};
  return plain({
    ...{ model, draft },
    ...(Object.keys(inputs).length === 0 ? {} : { inputs }),
    ...(files.length === 0 ? {} : { files }),
    ...job,
  });
}

/** The value as JSON has it. */
const plain = (value: object): Project['compose'] => z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(value)));

/** The form that a project kept, as far as it did. */
export function draftOf(
  project: Pick<Project, 'compose'>,
): Pick<KeptForm, 'model' | 'inputs' | 'files'> & { readonly draft: Partial<Draft> } {
  const { model, draft, inputs, files } = keptForm(project);
  return { model, draft: draftSchema.parse(draft), inputs, files };
}

/** Inputs with their files under the names that this visit has for them. */
export function renamedInputs(inputs: FormInputs, names: ReadonlyMap<string, string>): FormInputs {
  const named = (file: string): string => names.get(file) ?? file;
  const { conditions, video, audio } = inputs;
  return {
    ...inputs,
    ...(conditions === undefined ? {} : { conditions: conditions.map((condition) => ({ ...condition, file: named(condition.file) })) }),
    ...(video === undefined ? {} : { video: named(video) }),
    ...(audio === undefined ? {} : { audio: { ...audio, file: named(audio.file) } }),
  };
}
