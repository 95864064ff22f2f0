import { z } from 'zod';
import { AiprodError } from '../errors';

/**
 * Validates a model's configuration (the constructor arguments of the reference class, in its field names). Fields that the
 * class does not have, such as `_class_name`, are ignored, as the reference does.
 * @throws AiprodError `unsupported-model` that names every wrong field, what it takes and what was found.
 */
export function parseModelConfig<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => ({
    field: issue.path.length === 0 ? 'the configuration' : issue.path.map(String).join('.'),
    expected: issue.message,
    found: describeFound(value, issue.path),
  }));
  throw new AiprodError('unsupported-model', `this configuration cannot be built: ${fields.map(({ field }) => field).join(', ')}`, {
    where,
    expected: fields.map(({ field, expected }) => `${field}: ${expected}`).join('; '),
    found: fields.map(({ field, found }) => `${field} = ${found}`).join('; '),
    hint: "Check the model folder's config.json",
  });
}

function describeFound(value: unknown, path: readonly PropertyKey[]): string {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !(key in found)) return 'nothing';
    found = Reflect.get(found, key);
  }
  return JSON.stringify(found) ?? String(found);
}

/** A whole number of at least 1. */
export const positiveInteger = z.number().int().min(1);

/** A whole number of at least 0. */
export const count = z.number().int().min(0);

/** Refuses every value but those that the architecture has, in words that name them. */
export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values);
}

/** Refuses every other value, in words. */
export const only = <const Value extends string | number | boolean>(value: Value) =>
  z.literal(value, { error: `${String(value)}, nothing else is built` });
