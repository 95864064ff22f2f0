import { z } from 'zod';
import type { ErrorCode } from '../../errors';

/** Something that went wrong, in words for a person: what happened, what it means, what to do. */
export interface Problem {
  readonly code: ErrorCode;
  readonly title: string;
  readonly explanation: string;
  /** The error's own words, for a report. */
  readonly report: string;
}

/** What is left of an AiprodError, or of any error, after it crossed a worker's border. */
const reportedError = z.object({
  code: z.string().optional(),
  message: z.string(),
});

const words: Record<ErrorCode, { title: string; explanation?: string }> = {
  'bad-usage': { title: 'These settings do not go together' },
  'bad-input': { title: 'These settings do not work' },
  'bad-weights': {
    title: 'The model’s files are damaged',
    explanation: 'Reload the page to fetch them again. If that does not help, clear this site’s data and reload.',
  },
  'unsupported-model': { title: 'This model is not supported' },
  'shape-mismatch': { title: 'The model’s files do not fit together' },
  'not-finite': {
    title: 'The model lost its way',
    explanation: 'Its numbers ran out of range, so the clip would have been noise. Try another seed, or less guidance.',
  },
  'no-adapter': {
    title: 'No graphics adapter is available',
    explanation:
      'The browser has WebGPU but found no graphics card it is willing to use. Update the graphics driver, turn on hardware acceleration in the browser’s settings and restart it.',
  },
  'missing-feature': { title: 'This graphics card lacks something the model needs' },
  'out-of-memory': {
    title: 'The graphics card ran out of memory',
    explanation: 'Choose a smaller size or fewer frames, or close other tabs that use the graphics card.',
  },
  'device-lost': {
    title: 'The graphics card went away',
    explanation:
      'The browser lost its connection: the driver restarted, the computer slept, or another program took over. What was done so far is kept.',
  },
  'gpu-failure': { title: 'The graphics card reported an error', explanation: 'Try again. If it comes back, update the graphics driver.' },
  'unwritable-output': { title: 'The clip could not be saved' },
  'codec-unavailable': { title: 'This browser cannot encode the clip' },
  cancelled: { title: 'Stopped' },
  'check-failed': { title: 'A check failed' },
  internal: {
    title: 'Something unexpected happened',
    explanation:
      'This is a fault in the program, not in what you did. Try again; if it comes back, please report it with the details below.',
  },
};

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(words, code);
}

/** Words for an error of any origin. */
export function problemOf(error: unknown): Problem {
  const parsed = reportedError.safeParse(error);
  const report = parsed.success ? parsed.data.message : String(error);
  const code = parsed.success && isErrorCode(parsed.data.code) ? parsed.data.code : 'internal';
  const { title, explanation } = words[code];
  return { code, title, explanation: explanation ?? report, report };
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
      title: 'This address is not secure',
      explanation: 'Browsers offer WebGPU only over https or on localhost. Open the page at such an address.',
      report: 'navigator.gpu is missing because the page is not a secure context.',
    };
  }
  return {
    code: 'missing-feature',
    title: 'This browser has no WebGPU',
    explanation: 'Clips are made on your own graphics card through WebGPU, and this browser does not offer it.',
    report: 'navigator.gpu is undefined.',
  };
}
