import { AiprodError } from '../../errors';
import { nearestNames } from '../../weights/web';
import type { Effect } from '../sequence/effect';
import { valueAt } from '../sequence/evaluate';
import { definitionOf, effectTypes, isEffectType, type EffectType } from './definitions';

/** An effect at one frame: all its numbers, within their ranges. */
export interface EvaluatedEffect {
  readonly id: string;
  readonly type: EffectType;
  /** Every parameter of the definition, by name. */
  readonly values: Readonly<Record<string, number>>;
  readonly colors: Readonly<Record<string, string>>;
  readonly curves?: Effect['curves'];
  /** Id of a table among the media. */
  readonly lut?: string;
}

/**
 * An effect's numbers at a frame counted from its clip's first. Values that a curve overshoots to are brought back into their range.
 * @throws AiprodError `bad-input` for a type or parameter that is not known, with the nearest that is
 */
export function evaluateEffect(effect: Effect, frame: number): EvaluatedEffect {
  const { id, type } = effect;
  if (!isEffectType(type)) throw unknownName(`the effect ${id} is of no known type`, type, effectTypes);
  const { parameters, colors = {} } = definitionOf(type);
  for (const name of Object.keys(effect.parameters)) {
    if (!Object.hasOwn(parameters, name))
      throw unknownName(`the effect ${type} (${id}) has no such parameter`, name, Object.keys(parameters));
  }
  for (const name of Object.keys(effect.colors)) {
    if (!Object.hasOwn(colors, name)) throw unknownName(`the effect ${type} (${id}) has no such colour`, name, Object.keys(colors));
  }
  const values = Object.entries(parameters).map(([name, { min, max, default: fallback, unit }]) => {
    const value = Math.min(max, Math.max(min, name in effect.parameters ? valueAt(effect.parameters[name], frame) : fallback));
    return [name, unit === 'whole' ? Math.round(value) : value] as const;
  });
  return {
    ...{ id, type, values: Object.fromEntries(values), colors: { ...colors, ...effect.colors } },
    ...(effect.curves === undefined ? {} : { curves: effect.curves }),
    ...(effect.lut === undefined ? {} : { lut: effect.lut }),
  };
}

/** Whether an effect changes nothing, so that no work need be done for it. */
export function changesNothing({ type, values, curves, lut }: EvaluatedEffect): boolean {
  const definition = definitionOf(type);
  if (definition.lut === true && lut === undefined) return true;
  if (definition.curves === true) return Object.values(curves ?? {}).every((points) => points.every(([x, y]) => x === y) && spans(points));
  const { identity } = definition;
  return identity !== undefined && Object.entries(identity).every(([name, value]) => values[name] === value);
}

/** Whether points reach from 0 to 1, so that a straight line through them is the identity. */
const spans = (points: readonly (readonly [number, number])[]): boolean => points[0][0] === 0 && points[points.length - 1][0] === 1;

function unknownName(message: string, found: string, known: readonly string[]): AiprodError {
  const [nearest] = nearestNames(found, known);
  return new AiprodError('bad-input', message, {
    expected: known.length === 0 ? 'none' : known.join(', '),
    found,
    ...(nearest === undefined ? {} : { hint: `Did you mean ${nearest}?` }),
  });
}
