import { expandPrompt, hasWildcards, type WildcardLists } from '../../prompts/web';
import { maxPromptLength, parseJob, resolveJob, type JobInput, type ModelTraits, type PipelineName } from '../../pipelines';
import { inputFields, noInputs, pipelineOf, type ClipInputs } from '../compose/inputs';
import { jobSound, reasonAgainstSound, type SoundInput } from '../sound/own-sound';
import { advancedFields, advancedIssue, advancedJob, isOffered, type AdvancedDraft, type AdvancedField } from './advanced';
import { problemOf } from './problem';
import type { FieldIssue, Reason } from './reason';

/** What stands in the form, as typed: numbers are text until they are read. */
export interface Draft {
  /** May hold wildcards: see expandPrompt. */
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly width: string;
  readonly height: string;
  readonly frames: string;
  readonly frameRate: string;
  readonly steps: string;
  readonly guidanceScale: string;
  readonly seed: string;
  /** A locked seed is used as it is; otherwise every clip gets a new one. */
  readonly seedLocked: boolean;
  /** LUFS that the sound is turned to; empty leaves it as it is. */
  readonly loudness: string;
  /** How many clips are made at once, of seeds one after another. */
  readonly count: string;
  /** Steps after which clips are stopped, to be looked at; empty makes them whole. */
  readonly stopAt: string;
  /** Empty is what the inputs speak of. */
  readonly pipeline: PipelineName | '';
  readonly advanced: AdvancedDraft;
}

export type DraftField = Exclude<keyof Draft, 'seedLocked' | 'pipeline' | 'advanced'>;
export type NumberField = Exclude<DraftField, 'prompt' | 'negativePrompt' | 'loudness'>;

export type { FieldIssue } from './reason';
export type FieldIssues = Partial<Record<DraftField | AdvancedField, FieldIssue>>;

export type DraftReading =
  { readonly ok: true; readonly job: JobInput } | { readonly ok: false; readonly issues: FieldIssues; readonly reason: Reason };

/** Range and grid of a number; `offset` is the smallest member of the grid (frames are k x n + 1). */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly unit: string;
  readonly whole: boolean;
}

/** Most clips that are asked for at once. */
export const mostClips = 32;

/** What the fields accept for a model. Upper ends are those of the job schema or of what is sensible to type. */
export function fieldRanges(traits: ModelTraits): Record<NumberField, NumberRange> {
  const size: NumberRange = { min: traits.sizeMultiple, max: 4096, step: traits.sizeMultiple, unit: 'px', whole: true };
  return {
    width: size,
    height: size,
    frames: {
      min: 1,
      max: 1 + traits.frameMultiple * Math.floor(512 / traits.frameMultiple),
      step: traits.frameMultiple,
      unit: 'frames',
      whole: true,
    },
    frameRate: { min: 1, max: 120, step: 1, unit: 'frames a second', whole: false },
    steps: { min: 1, max: 200, step: 1, unit: 'steps', whole: true },
    guidanceScale: { min: 1, max: 20, step: 0.5, unit: '', whole: false },
    seed: { min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, unit: '', whole: true },
    count: { min: 1, max: mostClips, step: 1, unit: '', whole: true },
    stopAt: { min: 1, max: 200, step: 1, unit: 'steps', whole: true },
  };
}

/** The form of a first visit: the model's own defaults, no prompt. */
export function defaultDraft(traits: ModelTraits, seed: number): Draft {
  const { defaults } = traits;
  return {
    prompt: '',
    negativePrompt: '',
    width: String(defaults.width),
    height: String(defaults.height),
    frames: String(defaults.frames),
    frameRate: String(defaults.frameRate),
    steps: String(defaults.steps),
    guidanceScale: String(defaults.guidanceScale),
    seed: String(seed),
    seedLocked: false,
    ...{ loudness: '', count: '1', stopAt: '', pipeline: '', advanced: {} },
  };
}

/** What a sound can be turned to, in LUFS, as the job schema has it. */
export const loudnessRange = { min: -70, max: -1 } as const;

/** A minus sign as people type or paste it is one too. */
const numberOfLoudness = (text: string): number => Number(text.trim().replace(/^[\u2212\u2013]/, '-'));

/** Checks a loudness; undefined when it can be used, as nothing at all can. */
export function loudnessIssue(text: string): FieldIssue | undefined {
  const { min, max } = loudnessRange;
  const value = numberOfLoudness(text);
  if (text.trim() === '' || (value >= min && value <= max)) return undefined;
  const opposite = -Math.abs(value);
  const reason: Reason = { key: 'loudnessBetween', values: { min, max } };
  return opposite >= min && opposite <= max ? { reason, suggestion: String(opposite) } : { reason };
}

const numberFields: readonly NumberField[] = [
  ...(['width', 'height', 'frames', 'frameRate', 'steps', 'guidanceScale', 'seed', 'count', 'stopAt'] as const),
];

/** Fields that say nothing where they are empty. */
const mayBeEmpty: ReadonlySet<NumberField> = new Set<NumberField>(['stopAt']);

/** Checks one number; undefined when it can be used. */
export function numberIssue(field: NumberField, text: string, range: NumberRange): FieldIssue | undefined {
  const trimmed = text.trim();
  const value = Number(trimmed);
  if (trimmed === '' && mayBeEmpty.has(field)) return undefined;
  if (trimmed === '' || !Number.isFinite(value)) return { reason: { key: 'noNumber', values: { field } } };
  const suggestion = String(nearest(value, field, range));
  if (range.whole && !Number.isInteger(value)) return { reason: { key: 'notWhole', values: { field } }, suggestion };
  if (value < range.min || value > range.max) {
    return { reason: { key: 'outOfRange', values: { field, min: range.min, max: range.max } }, suggestion };
  }
  const { step } = range;
  if ((field === 'width' || field === 'height') && value % step !== 0) {
    return { reason: { key: 'offSizeGrid', values: { field, step, value } }, suggestion };
  }
  if (field === 'frames' && (value - 1) % step !== 0) return { reason: { key: 'offFrameGrid', values: { step, value } }, suggestion };
  return undefined;
}

function nearest(value: number, field: NumberField, { min, max, step, whole }: NumberRange): number {
  const clamped = Math.min(max, Math.max(min, value));
  if (field === 'width' || field === 'height')
    return Math.min(Math.floor(max / step) * step, Math.max(step, Math.round(clamped / step) * step));
  if (field === 'frames') return Math.round((clamped - 1) / step) * step + 1;
  return whole ? Math.round(clamped) : clamped;
}

/** What stands beside the form. */
export interface DraftSurroundings {
  readonly ownSound?: SoundInput;
  readonly inputs?: ClipInputs;
  readonly lists?: WildcardLists;
}

/** Turns the form and its inputs into a job, or says what is in the way, field by field and in one reason for the button. */
export function readDraft(draft: Draft, traits: ModelTraits, surroundings: DraftSurroundings = {}): DraftReading {
  const { ownSound = { status: 'none' }, inputs = noInputs, lists = {} } = surroundings;
  const issues: FieldIssues = {};
  const prompt = expanded(draft, lists);
  if (typeof prompt !== 'string') issues.prompt = { reason: prompt };
  for (const field of ['prompt', 'negativePrompt'] as const) {
    if (draft[field].length > maxPromptLength) {
      issues[field] = { reason: { key: 'tooLong', values: { most: maxPromptLength, found: draft[field].length } } };
    }
  }
  const ranges = fieldRanges(traits);
  for (const field of numberFields) {
    const issue = numberIssue(field, draft[field], ranges[field]);
    if (issue !== undefined) issues[field] = issue;
  }
  const loud = traits.sound === true ? loudnessIssue(draft.loudness) : undefined;
  if (loud !== undefined) issues.loudness = loud;
  for (const field of advancedFields) {
    const issue = isOffered(field, draft.advanced, traits) ? advancedIssue(field, draft.advanced[field] ?? '') : undefined;
    if (issue !== undefined) issues[field] = issue;
  }
  const [firstIssue] = Object.values(issues);
  if (draft.prompt.trim() === '') return { ok: false, issues, reason: { key: 'noPrompt' } };
  if (firstIssue !== undefined) return { ok: false, issues, reason: firstIssue.reason };
  const unusable = reasonAgainstSound(ownSound, traits);
  if (unusable !== undefined) return { ok: false, issues, reason: unusable };
  const sound = jobSound(ownSound, traits);
  const { chosen } = pipelineOf(inputs, { audio: sound.fields.audio !== undefined, own: draft.pipeline, traits });
  const given = inputFields(inputs, chosen);
  const advanced = advancedJob(draft.advanced, traits);
  // The schema that all ways in share has the last word.
  try {
    const parsed = parseJob({
      ...{ prompt, negativePrompt: draft.negativePrompt.trim() },
      ...shapeFields(draft, chosen),
      ...samplingFields(draft, traits, chosen, 'sigmas' in advanced),
      seed: Number(draft.seed),
      ...(traits.sound === true && draft.loudness.trim() !== '' ? { loudness: numberOfLoudness(draft.loudness) } : {}),
      ...given.fields,
      ...sound.fields,
      pipeline: chosen,
      ...advanced,
    });
    resolveJob(parsed, traits, new Map([...given.media, ...sound.media]));
    return { ok: true, job: parsed };
  } catch (error) {
    return { ok: false, issues, reason: { key: 'report', values: { report: problemOf(error).report } } };
  }
}

/** The prompt that the seed draws, or why it draws none. */
function expanded({ prompt, seed }: Draft, lists: WildcardLists): string | Reason {
  if (!hasWildcards(prompt)) return prompt.trim();
  try {
    return expandPrompt(prompt, Number.isSafeInteger(Number(seed)) ? Number(seed) : 0, lists);
  } catch (error) {
    return { key: 'report', values: { report: problemOf(error).report } };
  }
}

/** A video that is made longer says itself how long the clip is. */
function shapeFields(draft: Draft, pipeline: PipelineName): Partial<JobInput> {
  const size = { width: Number(draft.width), height: Number(draft.height), frameRate: Number(draft.frameRate) };
  return pipeline === 'extend' ? size : { ...size, frames: Number(draft.frames) };
}

function samplingFields(draft: Draft, { defaults }: ModelTraits, pipeline: PipelineName, hasSigmas: boolean): Partial<JobInput> {
  const steps = Number(draft.steps);
  const guidanceScale = Number(draft.guidanceScale);
  const usual = guidanceScale === defaults.guidanceScale;
  return {
    // Noise levels of the job, or of a distilled model, say how many steps there are.
    ...(hasSigmas || pipeline === 'distilled' || (defaults.sigmas !== undefined && steps === defaults.steps) ? {} : { steps }),
    // A model may have more to say of its guidance than one scale: it does unless another is chosen.
    ...((defaults.guidance !== undefined && usual) || pipeline === 'distilled' ? {} : { guidanceScale }),
  };
}

/** A seed of 32 bits: short enough to read out. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
