import type { LatentConditioning } from './latent-conditioning';

/** Tokens of one width, one after the other. */
export interface TokenRun {
  readonly tokens: number;
  /** Numbers of a token. */
  readonly channels: number;
}

/**
 * Two runs of tokens that are denoised together, such as picture and sound, each under its own conditions (undefined: none). Only for
 * conditions that leave the step to the solver.
 */
export function jointConditioning(
  [first, second]: readonly [TokenRun, TokenRun],
  [ofFirst, ofSecond]: readonly [LatentConditioning | undefined, LatentConditioning | undefined],
): LatentConditioning | undefined {
  if (ofFirst === undefined && ofSecond === undefined) return undefined;
  const cut = first.tokens * first.channels;
  const both = (
    values: Float32Array,
    change: (part: Float32Array, own: LatentConditioning, start: number) => Float32Array,
  ): Float32Array => {
    const result = Float32Array.from(values);
    if (ofFirst !== undefined) result.set(change(values.subarray(0, cut), ofFirst, 0));
    if (ofSecond !== undefined) result.set(change(values.subarray(cut), ofSecond, cut), cut);
    return result;
  };
  const at = (values: Float32Array, start: number): Float32Array => (start === 0 ? values.subarray(0, cut) : values.subarray(cut));
  const oneLevel = [ofFirst, ofSecond].every((own) => own === undefined || own.guidedAtOneLevel === true);
  return {
    ...(oneLevel ? { guidedAtOneLevel: true as const } : {}),
    tokenTimesteps(timestep) {
      const result = new Float32Array(first.tokens + second.tokens).fill(timestep);
      if (ofFirst !== undefined) result.set(ofFirst.tokenTimesteps(timestep));
      if (ofSecond !== undefined) result.set(ofSecond.tokenTimesteps(timestep), first.tokens);
      return result;
    },
    beforeStep: (latents, timestep, step) => both(latents, (part, own) => own.beforeStep?.(part, timestep, step) ?? part),
    velocity: ({ sample, velocity, sigma }) =>
      both(velocity, (part, own, start) => own.velocity?.({ sample: at(sample, start), velocity: part, sigma }) ?? part),
    hold: (sample, before) => both(sample, (part, own, start) => own.hold?.(part, at(before, start)) ?? part),
  };
}

/** The values [N] of tokens, once for each of their numbers; a single value stays one. */
export function valuesOfElements(values: Float32Array, runs: readonly TokenRun[]): Float32Array {
  if (values.length === 1) return values;
  const result = new Float32Array(runs.reduce((sum, { tokens, channels }) => sum + tokens * channels, 0));
  let at = 0;
  let token = 0;
  for (const { tokens, channels } of runs) {
    for (const end = token + tokens; token < end; token++, at += channels) result.fill(values[token], at, at + channels);
  }
  return result;
}
