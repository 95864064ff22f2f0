import { z } from 'zod';
import { presets, tilingStrategies, type JobInput, type ModelTraits, type PresetName } from '../../pipelines';
import { sigmaSpacings, solverKinds } from '../../diffusion';
import { weightOptions } from '../../weights';
import type { FieldIssue, Reason } from './reason';

/** How a setting is typed: a number, one of a few names, numbers in a row, or words. */
export type AdvancedKind =
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly step: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'numbers' }
  | { readonly kind: 'text' }
  | { readonly kind: 'json' };

const share = { kind: 'number', min: 0, max: 1, step: 0.05 } as const;

/** What a job can say beyond the settings that everybody meets. Empty leaves each as the model or the pipeline has it. */
export const advancedSettings = {
  solver: { kind: 'choice', choices: solverKinds },
  solverEta: { kind: 'number', min: 0, max: 1, step: 0.05 },
  solverGamma: { kind: 'number', min: 0, max: 10, step: 0.1 },
  solverOrder: { kind: 'number', min: 1, max: 3, step: 1 },
  spacing: { kind: 'choice', choices: sigmaSpacings },
  shift: { kind: 'number', min: 0.1, max: 100, step: 0.1 },
  sigmas: { kind: 'numbers' },
  guidanceRescale: share,
  stgScale: { kind: 'number', min: 0, max: 100, step: 0.1 },
  stgBlocks: { kind: 'numbers' },
  modalityScale: { kind: 'number', min: 0, max: 100, step: 0.1 },
  imageNoiseScale: share,
  imageCrf: { kind: 'number', min: 0, max: 51, step: 1 },
  dtype: { kind: 'choice', choices: ['f32', 'f16'] },
  weights: { kind: 'choice', choices: weightOptions },
  tiling: { kind: 'choice', choices: tilingStrategies },
  textEncoder: { kind: 'text' },
  vae: { kind: 'text' },
  imageEncoder: { kind: 'text' },
  more: { kind: 'json' },
} as const satisfies Record<string, AdvancedKind>;
export type AdvancedField = keyof typeof advancedSettings;

export const advancedFields = Object.keys(advancedSettings).filter(isAdvancedField);

function isAdvancedField(name: string): name is AdvancedField {
  return Object.hasOwn(advancedSettings, name);
}

/** As typed; a field that is left out is empty. */
export type AdvancedDraft = Readonly<Partial<Record<AdvancedField, string>>>;

/** Fields in groups, as they are shown. */
export const advancedGroups = {
  sampling: ['solver', 'solverEta', 'solverGamma', 'solverOrder', 'spacing', 'shift', 'sigmas'],
  guidance: ['stgScale', 'stgBlocks', 'guidanceRescale', 'modalityScale', 'imageNoiseScale', 'imageCrf'],
  machine: ['dtype', 'weights', 'tiling'],
  parts: ['textEncoder', 'vae', 'imageEncoder', 'more'],
} as const satisfies Record<string, readonly AdvancedField[]>;

/** Solvers that a parameter belongs to: it is asked for with these alone. */
const solversOf: Readonly<Partial<Record<AdvancedField, readonly string[]>>> = {
  solverEta: ['euler-ancestral', 'res-2s'],
  solverGamma: ['gradient-estimating'],
  solverOrder: ['unipc'],
};

/** Whether a field has a meaning with what else is chosen, and with the model. */
export function isOffered(field: AdvancedField, advanced: AdvancedDraft, traits: ModelTraits): boolean {
  const solvers = solversOf[field];
  if (solvers !== undefined) return solvers.includes(advanced.solver ?? '');
  if (field === 'shift') return traits.shift !== undefined;
  if (field === 'modalityScale') return traits.sound === true;
  return true;
}

/** Why a field cannot be used; undefined when it can, as nothing at all can. */
export function advancedIssue(field: AdvancedField, text: string): FieldIssue | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const setting: AdvancedKind = advancedSettings[field];
  switch (setting.kind) {
    case 'number': {
      const value = Number(trimmed);
      const { min, max } = setting;
      if (Number.isFinite(value) && value >= min && value <= max) return undefined;
      const reason: Reason = { key: 'numberBetween', values: { min, max } };
      return Number.isFinite(value) ? { reason, suggestion: String(Math.min(max, Math.max(min, value))) } : { reason };
    }
    case 'numbers':
      return numbersOf(trimmed).every(Number.isFinite) ? undefined : { reason: { key: 'numbersInARow' } };
    case 'choice':
      return setting.choices.includes(trimmed) ? undefined : { reason: { key: 'oneOf', values: { choices: setting.choices.join(', ') } } };
    case 'json':
      return objectOf(trimmed) === undefined ? { reason: { key: 'jsonObject' } } : undefined;
    case 'text':
      return undefined;
  }
}

const numbersOf = (text: string): number[] =>
  text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(Number);

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What the fields say in a job, not yet checked by its schema. Those that have no meaning here are left out. */
export function advancedJob(advanced: AdvancedDraft, traits: ModelTraits): Record<string, unknown> {
  const job: Record<string, unknown> = {};
  for (const field of advancedFields) {
    const text = advanced[field]?.trim() ?? '';
    if (text === '' || !isOffered(field, advanced, traits) || field in solversOf || field === 'more') continue;
    if (field === 'solver') job.solver = { kind: text, ...solverParameters(advanced, traits) };
    else if (field === 'tiling') job.tiling = { strategy: text };
    else job[field] = typed(field, text);
  }
  return { ...job, ...objectOf(advanced.more?.trim() ?? '') };
}

function typed(field: AdvancedField, text: string): unknown {
  const { kind }: AdvancedKind = advancedSettings[field];
  if (kind === 'number') return Number(text);
  return kind === 'numbers' ? numbersOf(text) : text;
}

function solverParameters(advanced: AdvancedDraft, traits: ModelTraits): Record<string, number> {
  const names = { solverEta: 'eta', solverGamma: 'gamma', solverOrder: 'order' } as const;
  const parameters: Record<string, number> = {};
  for (const field of ['solverEta', 'solverGamma', 'solverOrder'] as const) {
    const text = advanced[field]?.trim() ?? '';
    if (text !== '' && isOffered(field, advanced, traits)) parameters[names[field]] = Number(text);
  }
  return parameters;
}

/** What the fields of a job are that stand in one field of the form. */
const plainFields = z.record(
  z.string(),
  z
    .union([z.string(), z.number(), z.array(z.number())])
    .optional()
    .catch(undefined),
);

/** What of a job the advanced fields stand for, as text, so that a job can be taken back into the form. */
export function advancedDraftOf(job: JobInput): AdvancedDraft {
  const text: Partial<Record<AdvancedField, string>> = {};
  for (const field of advancedFields) {
    if (field === 'more' || field === 'solver' || field === 'tiling' || field in solversOf) continue;
    const value = plainFields.parse(job)[field];
    if (value === undefined || unsaid[field] === value) continue;
    text[field] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  const { solver, tiling, guidance, audioGuidance, refine, seconds } = job;
  if (solver !== undefined) {
    const parameters = z
      .looseObject({ eta: z.number().optional(), gamma: z.number().optional(), order: z.number().optional() })
      .parse(solver);
    text.solver = solver.kind;
    if (parameters.eta !== undefined) text.solverEta = String(parameters.eta);
    if (parameters.gamma !== undefined) text.solverGamma = String(parameters.gamma);
    if (parameters.order !== undefined) text.solverOrder = String(parameters.order);
  }
  if (typeof tiling === 'object') text.tiling = tiling.strategy;
  const more = Object.entries({ guidance, audioGuidance, refine, seconds }).filter(([, value]) => value !== undefined);
  if (more.length > 0) text.more = JSON.stringify(Object.fromEntries(more), null, 1);
  return text;
}

/** Values that say nothing: a job has them where nobody said otherwise. */
const unsaid: Readonly<Partial<Record<AdvancedField, string | number>>> = {
  ...{ guidanceRescale: 0, stgScale: 0, modalityScale: 1, imageNoiseScale: 0, dtype: 'auto', weights: 'auto' },
};

/** A preset's settings as they stand in the form. */
export function presetDraft(name: PresetName): {
  readonly fields: Readonly<Partial<Record<'width' | 'height' | 'frames' | 'frameRate' | 'steps' | 'guidanceScale', string>>>;
  readonly advanced: AdvancedDraft;
} {
  const preset = presets[name];
  const fields = (['width', 'height', 'frames', 'frameRate', 'steps', 'guidanceScale'] as const).flatMap((field) => {
    const value = preset[field];
    return value === undefined ? [] : [[field, String(value)] as const];
  });
  const advanced = advancedDraftOf({ prompt: name, ...preset });
  return { fields: Object.fromEntries(fields), advanced };
}
