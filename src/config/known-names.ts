import { z } from 'zod';

/** Names that a schema takes at a path; of a union those of all its options. */
export function knownNames(schema: unknown, path: readonly PropertyKey[]): string[] {
  const [key, ...rest] = path;
  return objectsOf(schema).flatMap((object) => {
    if (key === undefined) return Object.keys(object.shape);
    return typeof key === 'string' && Object.hasOwn(object.shape, key) ? knownNames(object.shape[key], rest) : [];
  });
}

/** The mappings that a schema may be, without what is put around them. */
export function objectsOf(schema: unknown): z.ZodObject[] {
  if (schema instanceof z.ZodObject) return [schema];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(objectsOf);
  if (schema instanceof z.ZodPipe) return objectsOf(schema.in);
  if (schema instanceof z.ZodArray) return objectsOf(schema.element);
  const wrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable;
  return wrapped ? objectsOf(schema.unwrap()) : [];
}
