import { maxPromptLength, parseJob, resolveJob, type JobInput, type ModelTraits } from '../../pipelines';
import { jobSound, reasonAgainstSound, type SoundInput } from '../sound/own-sound';
import { problemOf } from './problem';

/** What stands in the form, as typed: numbers are text until they are read. */
export interface Draft {
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
}

export type DraftField = Exclude<keyof Draft, 'seedLocked'>;
export type NumberField = Exclude<DraftField, 'prompt' | 'negativePrompt' | 'loudness'>;

/** Why a field cannot be used, and the nearest value that can. */
export interface FieldIssue {
  readonly message: string;
  readonly suggestion?: string;
}

export type FieldIssues = Partial<Record<DraftField, FieldIssue>>;

export type DraftReading =
  { readonly ok: true; readonly job: JobInput } | { readonly ok: false; readonly issues: FieldIssues; readonly reason: string };

/** Range and grid of a number; `offset` is the smallest member of the grid (frames are k x n + 1). */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly unit: string;
  readonly whole: boolean;
}

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
    loudness: '',
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
  const message = `Type a loudness from ${min} to ${max} LUFS, or nothing to leave the sound as it is.`;
  return opposite >= min && opposite <= max ? { message, suggestion: String(opposite) } : { message };
}

const fieldNames: Record<NumberField, string> = {
  width: 'width',
  height: 'height',
  frames: 'number of frames',
  frameRate: 'frame rate',
  steps: 'number of steps',
  guidanceScale: 'guidance',
  seed: 'seed',
};

const numberFields: readonly NumberField[] = ['width', 'height', 'frames', 'frameRate', 'steps', 'guidanceScale', 'seed'];

/** Checks one number; undefined when it can be used. */
export function numberIssue(field: NumberField, text: string, range: NumberRange): FieldIssue | undefined {
  const name = fieldNames[field];
  const trimmed = text.trim();
  const value = Number(trimmed);
  if (trimmed === '' || !Number.isFinite(value)) return { message: `Type a number for the ${name}.` };
  const suggestion = String(nearest(value, field, range));
  if (range.whole && !Number.isInteger(value)) return { message: `The ${name} must be a whole number.`, suggestion };
  if (value < range.min || value > range.max) return { message: `The ${name} must lie between ${range.min} and ${range.max}.`, suggestion };
  if ((field === 'width' || field === 'height') && value % range.step !== 0) {
    return { message: `This model makes a ${name} in steps of ${range.step} pixels; ${value} is between two of them.`, suggestion };
  }
  if (field === 'frames' && (value - 1) % range.step !== 0) {
    return { message: `This model makes ${range.step} × n + 1 frames; ${value} is not such a number.`, suggestion };
  }
  return undefined;
}

function nearest(value: number, field: NumberField, { min, max, step, whole }: NumberRange): number {
  const clamped = Math.min(max, Math.max(min, value));
  if (field === 'width' || field === 'height')
    return Math.min(Math.floor(max / step) * step, Math.max(step, Math.round(clamped / step) * step));
  if (field === 'frames') return Math.round((clamped - 1) / step) * step + 1;
  return whole ? Math.round(clamped) : clamped;
}

/** Turns the form and its sound into a job, or says what is in the way, field by field and in one sentence for the button. */
export function readDraft(draft: Draft, traits: ModelTraits, ownSound: SoundInput = { status: 'none' }): DraftReading {
  const issues: FieldIssues = {};
  for (const field of ['prompt', 'negativePrompt'] as const) {
    if (draft[field].length > maxPromptLength) {
      issues[field] = { message: `Shorten this to ${maxPromptLength} characters; it has ${draft[field].length}.` };
    }
  }
  const ranges = fieldRanges(traits);
  for (const field of numberFields) {
    const issue = numberIssue(field, draft[field], ranges[field]);
    if (issue !== undefined) issues[field] = issue;
  }
  const loud = traits.sound === true ? loudnessIssue(draft.loudness) : undefined;
  if (loud !== undefined) issues.loudness = loud;
  const empty = draft.prompt.trim() === '';
  const [firstIssue] = Object.values(issues);
  if (empty) return { ok: false, issues, reason: 'Write a prompt first: say what the clip shows.' };
  if (firstIssue !== undefined) return { ok: false, issues, reason: firstIssue.message };
  const unusable = reasonAgainstSound(ownSound, traits);
  if (unusable !== undefined) return { ok: false, issues, reason: unusable };
  const { fields, media } = jobSound(ownSound, traits);
  const job: JobInput = {
    prompt: draft.prompt.trim(),
    negativePrompt: draft.negativePrompt.trim(),
    width: Number(draft.width),
    height: Number(draft.height),
    frames: Number(draft.frames),
    frameRate: Number(draft.frameRate),
    steps: Number(draft.steps),
    // A model may have more to say of its guidance than one scale: it does unless another is chosen.
    ...(traits.defaults.guidance !== undefined && Number(draft.guidanceScale) === traits.defaults.guidanceScale
      ? {}
      : { guidanceScale: Number(draft.guidanceScale) }),
    seed: Number(draft.seed),
    ...(traits.sound === true && draft.loudness.trim() !== '' ? { loudness: numberOfLoudness(draft.loudness) } : {}),
    ...fields,
  };
  // The schema that all ways in share has the last word.
  try {
    resolveJob(parseJob(job), traits, media);
  } catch (error) {
    return { ok: false, issues, reason: problemOf(error).report };
  }
  return { ok: true, job };
}

/** A seed of 32 bits: short enough to read out. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
