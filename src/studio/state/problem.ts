import { z } from 'zod';
import { AiprodError, errorCodes, type ErrorCode } from '../../errors';

/** Which of the studio's words tell of a problem: those of its code, unless more is known than the code says. */
export type ProblemWords =
  ErrorCode | 'no-webgpu' | 'insecure-address' | 'project-elsewhere' | 'clip-missing' | 'model-at-work' | 'no-converter';

/** Something that went wrong; `useProblemWords` has words for a person: what happened, what it means, what to do. */
export interface Problem {
  readonly code: ErrorCode;
  /** Left out where they are those of the code. */
  readonly words?: Exclude<ProblemWords, ErrorCode>;
  /** The error's own words, for a report. */
  readonly report: string;
}

/** What is left of an AiprodError, or of any error, after it crossed a worker's border. */
const reportedError = z.object({
  code: z.string().optional(),
  message: z.string(),
});

/** A file that would have to be converted, on a page without a converter. */
export class NoConverter extends AiprodError {
  /** @param format name of the file's format; undefined where only what is coded in it is not read */
  constructor(name: string, format: string | undefined) {
    super('codec-unavailable', 'the file is not read here, and there is no converter', {
      where: name,
      ...(format === undefined ? {} : { found: format }),
      hint: 'Convert it to MP4 (H.264) beforehand',
    });
  }
}

/** What is known of an error of any origin. */
export function problemOf(error: unknown): Problem {
  if (error instanceof NoConverter) return { code: error.code, words: 'no-converter', report: error.message };
  const parsed = reportedError.safeParse(error);
  if (!parsed.success) return { code: 'internal', report: String(error) };
  const { code, message } = parsed.data;
  return { code: errorCodes.find((known) => known === code) ?? 'internal', report: message };
}

/** What the page looks at to know whether it can work at all. */
export interface BrowserScope {
  readonly isSecureContext: boolean;
  readonly hasWebGpu: boolean;
}

/** Why no clip can be made here, known before a worker is started; undefined when nothing stands in the way. */
export function missingSupport({ isSecureContext, hasWebGpu }: BrowserScope): Problem | undefined {
  if (hasWebGpu) return undefined;
  if (!isSecureContext) {
    return {
      code: 'no-adapter',
      words: 'insecure-address',
      report: 'navigator.gpu is missing because the page is not a secure context.',
    };
  }
  return { code: 'missing-feature', words: 'no-webgpu', report: 'navigator.gpu is undefined.' };
}
