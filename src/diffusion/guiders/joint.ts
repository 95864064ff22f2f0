import { AiprodError } from '../../errors';
import type { Guider, GuiderInput, GuiderMemory, GuiderResult, Predictions } from './guider';
import type { GuidancePass } from './passes';

/** A part of the latents with a guider of its own. */
export interface GuidedPart {
  readonly guider: Guider;
  /** Numbers of the part. */
  readonly length: number;
}

/**
 * A guider of latents that are one part after another, such as picture and sound: each part is guided on its own, by the passes
 * that it asks for.
 *
 * @throws AiprodError 'bad-usage' where parts want predictions of different spaces, or passes of one name that differ
 */
export function jointGuider(parts: readonly GuidedPart[]): Guider {
  const spaces = new Set(parts.map(({ guider }) => guider.space));
  if (spaces.size !== 1) {
    throw new AiprodError('bad-usage', 'picture and sound are guided in different spaces', {
      expected: 'one space for both',
      found: [...spaces].join(' and '),
    });
  }
  const [space] = spaces;
  return {
    space,
    passes(point) {
      const passes = new Map<string, GuidancePass>();
      for (const pass of parts.flatMap(({ guider }) => guider.passes(point))) {
        const known = passes.get(pass.name) ?? pass;
        if (JSON.stringify(known) !== JSON.stringify(pass)) {
          throw new AiprodError('bad-usage', 'picture and sound are guided by different weaker predictions', {
            expected: 'the same blocks in both, as one pass makes both predictions',
            found: `${JSON.stringify(known.perturbation ?? {})} and ${JSON.stringify(pass.perturbation ?? {})}`,
          });
        }
        passes.set(pass.name, known);
      }
      return [...passes.values()];
    },
    guide(input) {
      let start = 0;
      const guided = parts.map(({ guider, length }): { readonly at: number; readonly result: GuiderResult } => {
        const at = start;
        start += length;
        return { at, result: guider.guide(partOf(input, at, start)) };
      });
      const whole = (pick: (result: GuiderResult) => Float32Array | undefined): Float32Array => {
        const joined = new Float32Array(start);
        for (const { at, result } of guided) joined.set(pick(result) ?? [], at);
        return joined;
      };
      const names = new Set(guided.flatMap(({ result }) => Object.keys(result.memory ?? {})));
      const prediction = whole((result) => result.prediction);
      if (names.size === 0) return { prediction };
      // What a part does not remember is zero, which is what it would begin with.
      const memory = Object.fromEntries(Array.from(names, (name) => [name, whole((result) => result.memory?.[name])]));
      return { prediction, memory };
    },
  };
}

function partOf(input: GuiderInput, start: number, end: number): GuiderInput {
  const { memory, predictions, ...point } = input;
  const cut = (values: Predictions): Record<string, Float32Array> =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, all]) => (all === undefined ? [] : [[name, all.subarray(start, end)] as const])),
    );
  const own: GuiderMemory | undefined = memory === undefined ? undefined : cut(memory);
  return { ...point, predictions: cut(predictions), ...(own === undefined ? {} : { memory: own }) };
}
