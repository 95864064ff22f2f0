import { AiprodError } from '../../errors';
import { parseConfig } from '../parse-config';
import { classifierFreeGuidance, dampTangential, fitUnconditional, guideAway, projectUpdate, rescaleGuidance } from './formulas';
import { guidanceSchema, inInterval, type GuidanceInput, type GuidancePoint, type GuidanceTerm } from './guidance';
import { isClose, requirePrediction, type Guider, type GuiderInput, type GuiderMemory, type GuiderResult } from './guider';
import { conditionalPass, unconditionalPass, type GuidancePass } from './passes';

const fround = Math.fround;

type ClassifierFreeTerm = Extract<GuidanceTerm, { original: boolean }>;
type PerturbedTerm = Extract<GuidanceTerm, { alone: string }>;

/** A term with the pass it compares the conditional one to; rescaling has none. */
interface BoundTerm {
  readonly term: GuidanceTerm;
  readonly pass?: GuidancePass;
}

/** Name under which the momentum of adaptive projected guidance is remembered. */
const apgMemory = 'apg';

function isClassifierFree(term: GuidanceTerm): term is ClassifierFreeTerm {
  return 'original' in term;
}

/** Whether a term changes the prediction at a step. */
function acts(term: GuidanceTerm, point: GuidancePoint): boolean {
  if (!inInterval(term.interval, point)) return false;
  if (isClassifierFree(term)) return !isClose(term.scale, term.original ? 0 : 1);
  switch (term.kind) {
    case 'modality':
      return !isClose(term.scale, 1);
    case 'rescale':
      return term.phi > 0;
    default:
      return term.scale !== 0;
  }
}

/** Whether CFG-Zero* lets the sample stand still at a step. */
function standsStill(terms: readonly BoundTerm[], step: number): boolean {
  return terms.some(({ term }) => term.kind === 'cfg-zero' && step < term.zeroSteps);
}

const perturbationKinds = { pag: 'attention-values', slg: 'block' } as const;

function perturbedPass(term: PerturbedTerm, defaultBlocks: readonly number[] | undefined): GuidancePass {
  const blocks = term.blocks ?? defaultBlocks;
  if (blocks === undefined) {
    throw new AiprodError('bad-usage', `guidance of kind ${term.kind} does not say which blocks to perturb`, {
      expected: 'blocks, a list of block numbers',
      found: 'none, and the model has no usual ones',
    });
  }
  const kind = term.kind === 'stg' ? term.perturbation : perturbationKinds[term.kind];
  const name = term.kind === 'stg' ? 'pred_cond_stg' : 'pred_cond_skip';
  return { name, prompt: 'positive', perturbation: { kind, blocks } };
}

/** Gives every term its pass; equal passes are one, different ones of one name are numbered. */
function bindTerms(terms: readonly GuidanceTerm[], defaultBlocks: readonly number[] | undefined): BoundTerm[] {
  const known = new Map<string, GuidancePass>();
  const named = new Map<string, number>();
  return terms.map((term) => {
    if (term.kind === 'rescale') return { term };
    if (isClassifierFree(term)) return { term, pass: unconditionalPass };
    if (term.kind === 'modality') return { term, pass: { name: 'pred_cond_modality', prompt: 'positive', isolatedModalities: true } };
    const pass = perturbedPass(term, defaultBlocks);
    const key = JSON.stringify(pass);
    const found = known.get(key);
    if (found !== undefined) return { term, pass: found };
    const number = (named.get(pass.name) ?? 0) + 1;
    named.set(pass.name, number);
    const unique = number === 1 ? pass : { ...pass, name: `${pass.name}.${number}` };
    known.set(key, unique);
    return { term, pass: unique };
  });
}

/** A term of the form `base + scale (c - u')`, and the difference it remembers. */
function classifierFree(term: ClassifierFreeTerm, input: GuiderInput, c: Float32Array): { guided: Float32Array; momentum?: Float32Array } {
  const u = requirePrediction(input, unconditionalPass.name);
  const { scale, original } = term;
  switch (term.kind) {
    case 'cfg':
      return { guided: classifierFreeGuidance(c, u, scale, original) };
    case 'cfg-star':
    case 'cfg-zero':
      return { guided: classifierFreeGuidance(c, fitUnconditional(c, u, input.batch), scale, original) };
    case 'tcfg':
      return { guided: classifierFreeGuidance(c, dampTangential(c, u, input.batch), scale, original) };
    case 'apg': {
      const { momentum, eta, normThreshold } = term;
      let update = c.map((value, i) => value - u[i]);
      const before = input.memory?.[apgMemory];
      if (momentum !== null && before !== undefined) update = update.map((value, i) => value + fround(fround(momentum) * before[i]));
      const projected = projectUpdate(update, c, { eta, normThreshold }, input.batch);
      const weight = fround(scale);
      const base = original ? c : u;
      const guided = base.map((value, i) => value + fround(weight * projected[i]));
      return momentum === null ? { guided } : { guided, momentum: update };
    }
  }
}

function guide(terms: readonly BoundTerm[], input: GuiderInput): GuiderResult {
  const c = requirePrediction(input, conditionalPass.name);
  if (standsStill(terms, input.step)) return keepMemory(new Float32Array(c.length), input.memory);
  let prediction = c;
  let { memory } = input;
  const active = terms.filter(({ term }) => acts(term, input));
  const guidedByText = active.some(({ term }) => isClassifierFree(term));
  for (const { term, pass } of active) {
    if (term.kind === 'rescale' || pass === undefined) continue;
    if (isClassifierFree(term)) {
      const { guided, momentum } = classifierFree(term, input, c);
      const present = prediction;
      prediction = present === c ? guided : present.map((value, i) => value + fround(guided[i] - c[i]));
      if (momentum !== undefined) memory = { ...memory, [apgMemory]: momentum };
      continue;
    }
    const worse = requirePrediction(input, pass.name);
    if (term.kind === 'modality') prediction = guideAway(prediction, c, worse, term.scale - 1);
    else prediction = guideAway(term.alone === 'replace' && !guidedByText ? worse : prediction, c, worse, term.scale);
  }
  for (const { term } of active) if (term.kind === 'rescale') prediction = rescaleGuidance(prediction, c, term.phi, input.batch);
  return keepMemory(prediction, memory);
}

function keepMemory(prediction: Float32Array, memory: GuiderMemory | undefined): GuiderResult {
  return memory === undefined ? { prediction } : { prediction, memory };
}

export interface GuiderOptions {
  /** Blocks to perturb where a term does not say which: see `stgBlocksOf`. */
  readonly stgBlocks?: readonly number[];
}

/**
 * The guider of a configuration: which passes it needs at each step, and how it combines them.
 *
 * @throws AiprodError 'bad-input' for a configuration that does not validate, 'bad-usage' where blocks to perturb are not known
 */
export function combinedGuider(guidance: GuidanceInput, options: GuiderOptions = {}): Guider {
  const { space, terms } = parseConfig(guidanceSchema, guidance, 'guidance');
  const bound = bindTerms(terms, options.stgBlocks);
  return {
    space,
    passes(point) {
      const passes = new Map([[conditionalPass.name, conditionalPass]]);
      for (const { term, pass } of bound) if (pass !== undefined && acts(term, point)) passes.set(pass.name, pass);
      return [...passes.values()];
    },
    guide: (input) => guide(bound, input),
  };
}
