import { AiprodError } from '../errors';
import type { Attributes } from './operation';

/** Typed readers of a node's attributes; the wrong kind is a mistake of this project, not of its caller. */
export function numberAttribute(attributes: Attributes, name: string): number {
  const value = attributes[name];
  if (typeof value !== 'number') throw wrongKind(name, 'a number', value);
  return value;
}

export function textAttribute<const Values extends readonly string[]>(
  attributes: Attributes,
  name: string,
  values: Values,
): Values[number] {
  const value = attributes[name];
  const known = values.find((candidate) => candidate === value);
  if (known === undefined) throw wrongKind(name, `one of ${values.join(', ')}`, value);
  return known;
}

export function numbersAttribute(attributes: Attributes, name: string): number[] {
  return listOf(attributes[name], name).map((item) => {
    if (typeof item !== 'number') throw wrongKind(name, 'a list of numbers', item);
    return item;
  });
}

/** Pairs of numbers, e.g. padding before and after each axis. */
export function pairsAttribute(attributes: Attributes, name: string): [number, number][] {
  return listOf(attributes[name], name).map((item) => {
    const [first, second] = listOf(item, name);
    if (typeof first !== 'number' || typeof second !== 'number') throw wrongKind(name, 'a list of pairs', item);
    return [first, second];
  });
}

export function textsAttribute<const Values extends readonly string[]>(
  attributes: Attributes,
  name: string,
  values: Values,
): Values[number][] {
  return listOf(attributes[name], name).map((item) => textAttribute({ item: typeof item === 'string' ? item : null }, 'item', values));
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrongKind(name, 'a list', value);
  return value;
}

function wrongKind(name: string, expected: string, found: unknown): AiprodError {
  return new AiprodError('internal', `attribute ${name} of an operation is of the wrong kind`, { expected, found: JSON.stringify(found) });
}
