import { parseFrameRate } from '../../media';
import { framesPerSecond, jobForRecipe, parseJob, resolveJob, type ModelTraits, type Recipe } from '../../pipelines';
import { inputFields } from '../compose/inputs';
import { filesOf } from '../queue/queue';
import { jobSound } from '../sound/own-sound';
import type { Draft } from '../state/settings';
import type { Form } from './kept-draft';
import type { ProjectForm } from './project-form';

export interface TakenSettings {
  /** Without the settings that few meet, which follow from the job alone. */
  readonly draft: Omit<Draft, 'advanced'>;
  /** Files that the clip was made from and that are not here any more: the form does without them. */
  readonly missing: readonly string[];
}

export interface SettingsTaker {
  readonly traits: ModelTraits;
  readonly fillInputs: ProjectForm['fillInputs'];
  /** The form as it stands. */
  readonly form: () => Pick<Form, 'draft' | 'inputs' | 'ownSound'>;
}

/** The settings of a clip for the form, whose inputs are filled in: of an earlier visit, too, whose files are kept. */
export async function takeSettings(
  { job, inputs = {} }: Pick<Recipe, 'job' | 'inputs'>,
  { traits, fillInputs, form }: SettingsTaker,
): Promise<TakenSettings> {
  const names = await fillInputs({ inputs: job, files: Object.entries(inputs).map(([name, fingerprint]) => ({ name, fingerprint })) });
  const { draft, inputs: filled, ownSound } = form();
  const pictures = inputFields(filled, job.pipeline);
  const sound = jobSound(ownSound, traits);
  const here = new Map([...pictures.media, ...sound.media]);
  const missing = [...new Set(filesOf(job))].filter((name) => !here.has(names.get(name) ?? name));
  // A job without a file that it names is none, but what it says in words and numbers still holds.
  const said = missing.length > 0 ? job : jobForRecipe(resolveJob(parseJob({ ...job, ...pictures.fields, ...sound.fields }), traits, here));
  return { draft: draftOf(said, draft), missing };
}

/** @param before what a recipe that another program wrote may leave out */
function draftOf(said: Omit<Recipe['job'], 'preset'>, before: Draft): TakenSettings['draft'] {
  const typed = (value: number | undefined, otherwise: string): string => (value === undefined ? otherwise : String(value));
  const rate = said.frameRate === undefined ? undefined : framesPerSecond(parseFrameRate(said.frameRate));
  return {
    prompt: said.prompt,
    negativePrompt: said.negativePrompt,
    width: typed(said.width, before.width),
    height: typed(said.height, before.height),
    frames: typed(said.frames, before.frames),
    frameRate: typed(rate === undefined ? undefined : Math.round(rate * 1000) / 1000, before.frameRate),
    steps: typed(said.steps, before.steps),
    guidanceScale: typed(said.guidanceScale, before.guidanceScale),
    seed: String(said.seed),
    seedLocked: true,
    loudness: typed(said.loudness, ''),
    ...{ count: '1', stopAt: '', pipeline: '' },
  };
}
