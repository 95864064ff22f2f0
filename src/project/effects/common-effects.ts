/** Effects that several clips have in common: told by their type and by which of that type they are. */
import type { Effect } from '../sequence/effect';

/** The effect of a clip that stands for one of another clip; undefined where it has none. */
export function likeEffect(effects: readonly Effect[], of: readonly Effect[], effect: Effect): Effect | undefined {
  const place = of.filter(({ type }) => type === effect.type).findIndex(({ id }) => id === effect.id);
  return effects.filter(({ type }) => type === effect.type).at(place === -1 ? effects.length : place);
}

export interface CommonEffect {
  /** As the first clip has it. */
  readonly effect: Effect;
  /** Whether another clip has it with other values. */
  readonly differs: boolean;
}

/** Effects of the first list that every list has, in the first one's order. */
export function commonEffects([first = [], ...others]: readonly (readonly Effect[])[]): CommonEffect[] {
  return first.flatMap((effect) => {
    const likes = others.map((effects) => likeEffect(effects, first, effect));
    if (likes.includes(undefined)) return [];
    return [{ effect, differs: likes.some((like) => like !== undefined && settingsOf(like) !== settingsOf(effect)) }];
  });
}

/** What an effect does, as text: without its id, names in one order. */
function settingsOf({ enabled, parameters, colors, curves, lut }: Effect): string {
  const ordered = (values: object): [string, unknown][] => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([enabled, ordered(parameters), ordered(colors), curves, lut]);
}

/** Brings what was changed of one effect to another of its type, and leaves everything else of that as it is. */
export function withEffectChange(effect: Effect, before: Effect, after: Effect): Effect {
  const { curves: _curves, lut: _lut, ...rest } = effect;
  const curves = before.curves === after.curves ? effect.curves : after.curves;
  const lut = before.lut === after.lut ? effect.lut : after.lut;
  return {
    ...rest,
    enabled: before.enabled === after.enabled ? effect.enabled : after.enabled,
    parameters: changed(effect.parameters, before.parameters, after.parameters),
    colors: changed(effect.colors, before.colors, after.colors),
    ...(curves === undefined ? {} : { curves }),
    ...(lut === undefined ? {} : { lut }),
  };
}

function changed<Value>(
  own: Readonly<Record<string, Value>>,
  before: Readonly<Record<string, Value>>,
  after: Readonly<Record<string, Value>>,
): Record<string, Value> {
  const kept = Object.entries(own).filter(([name]) => name in after || !(name in before));
  const set = Object.entries(after).filter(([name, value]) => before[name] !== value);
  return Object.fromEntries([...kept, ...set]);
}
