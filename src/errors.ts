/**
 * Typed errors. Every message says what was expected, what was found and what to do; `code` is stable for programs and
 * decides the exit code of the command line (see docs/architecture.md).
 */

/** Stable, machine-readable causes. */
export const errorCodes = [
  'bad-usage',
  'bad-input',
  'bad-weights',
  'unsupported-model',
  'shape-mismatch',
  'not-finite',
  'no-adapter',
  'missing-feature',
  'out-of-memory',
  'device-lost',
  'gpu-failure',
  'unwritable-output',
  'storage-full',
  'network-failure',
  'server-busy',
  'codec-unavailable',
  'cancelled',
  'check-failed',
  'internal',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** Details that help a person or a program act on an error; plain JSON so that it crosses worker and process borders. */
export interface ErrorDetails {
  /** What the code needed. */
  expected?: string;
  /** What it met instead. */
  found?: string;
  /** What the person can do about it, in the imperative. */
  hint?: string;
  /** Where it happened: a file, a tensor, a model/block/operation chain. */
  where?: string;
}

/** Base class of all errors this project throws on purpose. */
export class AiprodError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** What happened, without the details. */
  readonly summary: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    super(composeMessage(message, details), options);
    this.name = 'AiprodError';
    this.code = code;
    this.details = details;
    this.summary = message;
  }

  /** Plain form for `postMessage`, JSON output and logs. */
  toJSON(): { name: string; code: ErrorCode; message: string; details: ErrorDetails } {
    return { name: this.name, code: this.code, message: this.message, details: this.details };
  }
}

function composeMessage(message: string, details: ErrorDetails): string {
  const parts = [message.replace(/\.$/, '')];
  if (details.where !== undefined) parts[0] = `${details.where}: ${parts[0]}`;
  if (details.expected !== undefined) parts.push(`expected ${details.expected}`);
  if (details.found !== undefined) parts.push(`found ${details.found}`);
  const head = parts.length > 1 ? `${parts[0]} (${parts.slice(1).join('; ')})` : parts[0];
  return details.hint === undefined ? `${head}.` : `${head}. ${details.hint.replace(/\.$/, '')}.`;
}

/** Exit code of the command line for an error: 1 check failed, 2 bad usage or input, 3 this machine cannot, 130 cancelled. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof AiprodError)) return 1;
  switch (error.code) {
    case 'bad-usage':
    case 'bad-input':
    case 'bad-weights':
    case 'unsupported-model':
    case 'shape-mismatch':
    case 'not-finite':
    case 'unwritable-output':
    case 'storage-full':
    case 'network-failure':
    case 'server-busy':
      return 2;
    case 'no-adapter':
    case 'missing-feature':
    case 'out-of-memory':
    case 'codec-unavailable':
      return 3;
    case 'cancelled':
      return 130;
    case 'device-lost':
    case 'gpu-failure':
    case 'check-failed':
    case 'internal':
      return 1;
  }
}
