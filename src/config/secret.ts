import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AiprodError } from '../errors';

/** What stands in displays where a secret is. */
export const maskedSecret = '•••';

/** A secret by the place where it is kept; the value itself is asked for where it is used, and is in no object that could be printed. */
export class SecretReference {
  constructor(
    private readonly kind: 'env' | 'file',
    private readonly name: string,
  ) {}

  /**
   * The secret; of a file the text without the line's end.
   * @throws AiprodError 'bad-input' when there is nothing at its place.
   */
  async reveal(environment: Readonly<Record<string, string | undefined>> = process.env): Promise<string> {
    const value = this.kind === 'env' ? environment[this.name] : await readFile(this.name, 'utf8').catch(() => undefined);
    const secret = value?.replace(/\r?\n$/, '');
    if (secret !== undefined && secret !== '') return secret;
    throw new AiprodError('bad-input', 'there is no secret where the configuration says', {
      where: `${this.kind}:${this.name}`,
      expected: this.kind === 'env' ? 'a set environment variable' : 'a readable file that is not empty',
    });
  }

  toString(): string {
    return `${maskedSecret} (${this.kind}:${this.name})`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A setting `env:NAME` or `file:PATH`. Anything else is refused, and not repeated in the message: it may be the secret itself. */
export const secretReference = z.string().transform((text, context) => {
  const match = /^(env|file):(.+)$/s.exec(text);
  if (match !== null) return new SecretReference(match[1] === 'env' ? 'env' : 'file', match[2]);
  context.addIssue({ code: 'custom', message: 'a secret is given by reference: env:NAME or file:PATH', input: maskedSecret });
  return z.NEVER;
});
