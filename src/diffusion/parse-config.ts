import type { z } from 'zod';
import { AiprodError } from '../errors';

/** Validates foreign data; a failure names every field that is wrong. */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const field = issue.path.map(String).join('.');
    return field === '' ? issue.message : `${field}: ${issue.message}`;
  });
  throw new AiprodError('bad-input', `The configuration is not usable: ${problems.join('; ')}`, { where });
}
