import type { ClipObservation } from './observe-clip';

/** What can be wrong with a sample. `error`: it should not be learned from; `warning`: somebody should look at it. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: 'error' | 'warning';
  /** What was found, with its figure. */
  readonly message: string;
}

export const FINDING_CODES = [
  'unreadable',
  'codec',
  'short',
  'small',
  'no-rate',
  'black',
  'flat',
  'dark',
  'bright',
  'blurred',
  'noisy',
  'frozen',
  'bars',
  'cuts',
  'no-caption',
  'duplicate',
] as const;

export type FindingCode = (typeof FINDING_CODES)[number];

/** What a set's clips must have. */
export interface ClipBounds {
  /** Frames; a still image is a clip of one and is judged as one only where 1 is asked for. */
  readonly minFrames: number;
  /** Pixels of the shorter side. */
  readonly minSide: number;
}

/** Shares of pixels, frames and sides, and figures of `ContentFigures`, from which on something is said. */
const limits = {
  /** Share of black pixels. */
  black: 0.98,
  /** Standard deviation of luma: nothing to see. */
  flat: 0.01,
  dark: 0.06,
  bright: 0.94,
  /** Variance of the Laplacian, for a picture with contrast. */
  blurred: 8,
  /** Levels of 255. */
  noisy: 12,
  /** Share of frames that repeat the one before. */
  frozen: 0.9,
  /** Share of a side. */
  bar: 0.04,
} as const;

const SIDES = ['top', 'bottom', 'left', 'right'] as const;

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** What is wrong with a clip by itself. */
export function judgeClip(clip: ClipObservation, bounds: ClipBounds, caption: string | undefined): Finding[] {
  const { figures, bars, width, height, frameCount } = clip;
  const findings: Finding[] = [];
  const say = (code: FindingCode, severity: Finding['severity'], message: string): void => void findings.push({ code, severity, message });
  if (frameCount < bounds.minFrames) say('short', 'error', `${frameCount} frames, at least ${bounds.minFrames} are wanted`);
  if (Math.min(width, height) < bounds.minSide) say('small', 'error', `${width}x${height}, sides of at least ${bounds.minSide} are wanted`);
  if (frameCount > 1 && clip.frameRate === null) say('no-rate', 'warning', 'the file does not say its frame rate');
  if (figures.black >= limits.black) say('black', 'error', `${percent(figures.black)} of the picture is black`);
  else if (figures.contrast < limits.flat) say('flat', 'error', `one colour alone: luma deviates by ${percent(figures.contrast)}`);
  else {
    if (figures.brightness < limits.dark) say('dark', 'warning', `mean luma is ${percent(figures.brightness)}`);
    if (figures.brightness > limits.bright) say('bright', 'warning', `mean luma is ${percent(figures.brightness)}`);
    if (figures.sharpness < limits.blurred) say('blurred', 'warning', `variance of the Laplacian is ${figures.sharpness.toFixed(1)}`);
    if (figures.noise > limits.noisy) say('noisy', 'warning', `noise of ${figures.noise.toFixed(1)} levels`);
    if (frameCount > 1 && figures.frozen >= limits.frozen)
      say('frozen', 'warning', `${percent(figures.frozen)} of the frames repeat the one before`);
    const sides = SIDES.filter((side) => bars[side] >= limits.bar);
    if (sides.length > 0) say('bars', 'warning', `black bars: ${sides.map((side) => `${side} ${percent(bars[side])}`).join(', ')}`);
    if (clip.scenes > 1) say('cuts', 'warning', `${clip.scenes} scenes; a clip that is learned should be one`);
  }
  if (caption === undefined || caption.trim() === '') say('no-caption', 'warning', 'there is no caption');
  return findings;
}
