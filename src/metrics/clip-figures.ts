/** Figures of a clip, frame by frame: by itself, and against a reference where there is one. */
import { AiprodError } from '../errors';
import { chromaSize, type Picture, type VideoReader, type YuvPlanes } from '../media';
import { blockSsim } from './block-ssim';
import { colorPlanes, lumaPlane, type Plane } from './planes';
import { meanSquaredError, psnrOfError } from './psnr';
import { GAUSSIAN_SSIM_SIDE, gaussianSsim } from './ssim';
import type { SightObserver } from './sight';
import { flickerScore, laplacianVariance, smoothnessScore } from './temporal';

/**
 * Figures of one frame by name. A frame lacks those that it has not the neighbours or the size for.
 *
 * - `sharpness`, `temporalConsistency`, `flicker`, `motionSmoothness`: the clip by itself.
 * - `psnr`, `psnr.r`, `psnr.g`, `psnr.b`, `psnr.luma`; `ssim`, `ssim.luma`: against the reference, in 8-bit colours.
 * - `psnr.y`, `psnr.cb`, `psnr.cr`, `psnr.yuv`; `ssimBlock.y`, `ssimBlock.cb`, `ssimBlock.cr`, `ssimBlock.yuv`: against the
 *   reference, in the samples as stored, where both files store luma and chroma alike; these are the figures of ffmpeg's
 *   `psnr` and `ssim` filters.
 */
export type FrameFigures = Readonly<Record<string, number>>;

/** A figure over the clip. */
export interface FigureSummary {
  /** The mean over the frames; for PSNR that of the mean squared error, as ffmpeg has it. */
  readonly average: number;
  readonly min: number;
  readonly max: number;
}

export interface ClipFigures {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  readonly frames: readonly FrameFigures[];
  readonly summary: Readonly<Record<string, FigureSummary>>;
}

/** A frame taken apart once for all its figures. */
interface Frame {
  readonly colors: readonly Plane[];
  readonly luma: Plane;
  readonly stored: YuvPlanes | null;
}

function frameOf(picture: Picture): Frame {
  const { width, height } = picture;
  const rgba = picture.rgba();
  return { colors: colorPlanes(rgba, width, height), luma: lumaPlane(rgba, width, height), stored: picture.planes };
}

/**
 * Measures a clip while it is decoded; three frames of it are in memory at a time.
 * @param reference a clip of the same size and number of frames, or null for the figures without one
 * @param observer sees every frame too
 * @throws bad-input when the two cannot be compared.
 */
export async function measureClip(
  clip: VideoReader,
  reference: VideoReader | null,
  observer?: Pick<SightObserver, 'add'>,
): Promise<ClipFigures> {
  if (reference !== null) checkComparable(clip, reference);
  const references = reference?.pictures();
  const frames: Record<string, number>[] = [];
  const peaks = new Map<string, number>();
  let before: Frame | undefined;
  let previous: Frame | undefined;
  try {
    for await (const picture of clip.pictures()) {
      const frame = frameOf(picture);
      observer?.add(frame.colors, frame.luma);
      const figures: Record<string, number> = { sharpness: laplacianVariance(frame.luma) };
      if (previous !== undefined) {
        figures.flicker = flickerScore(previous.colors, frame.colors);
        // The mean SSIM of consecutive frames, of luma under the Gaussian window: 1 for a still.
        if (fitsGaussian(frame.luma)) figures.temporalConsistency = gaussianSsim(frame.luma, previous.luma);
      }
      // The frame in the middle is the one that is smooth or not.
      if (before !== undefined && previous !== undefined) {
        frames[frames.length - 1].motionSmoothness = smoothnessScore(before.colors, previous.colors, frame.colors);
      }
      if (references !== undefined) {
        const next = await references.next();
        if (next.done === true) throw new AiprodError('internal', 'the reference ended before the clip');
        compare(frame, frameOf(next.value), figures, peaks);
      }
      frames.push(figures);
      before = previous;
      previous = frame;
    }
  } finally {
    await references?.return();
  }
  return { width: clip.width, height: clip.height, frameCount: clip.frameCount, frames, summary: summarise(frames, peaks) };
}

function checkComparable(clip: VideoReader, reference: VideoReader): void {
  const text = ({ width, height, frameCount }: VideoReader): string => `${frameCount} frames of ${width}x${height}`;
  if (text(clip) === text(reference)) return;
  throw new AiprodError('bad-input', 'The clip and its reference cannot be compared frame by frame', {
    expected: text(reference),
    found: text(clip),
    hint: 'Compare clips of the same size and length',
  });
}

const fitsGaussian = ({ width, height }: Plane): boolean => Math.min(width, height) >= GAUSSIAN_SSIM_SIDE;
const fitsBlocks = ({ width, height }: Plane): boolean => Math.min(width, height) >= 8;

/** Adds the figures against the reference; `peaks` keeps what a PSNR's peak is, for the summary. */
function compare(frame: Frame, reference: Frame, figures: Record<string, number>, peaks: Map<string, number>): void {
  const psnr = (name: string, error: number, peak: number): void => {
    figures[name] = psnrOfError(error, peak);
    peaks.set(name, peak);
  };
  const errors = frame.colors.map((plane, channel) => meanSquaredError(plane, reference.colors[channel]));
  psnr('psnr', (errors[0] + errors[1] + errors[2]) / 3, 255);
  for (const [channel, name] of ['psnr.r', 'psnr.g', 'psnr.b'].entries()) psnr(name, errors[channel], 255);
  psnr('psnr.luma', meanSquaredError(frame.luma, reference.luma), 255);
  if (fitsGaussian(frame.luma)) {
    const similarities = frame.colors.map((plane, channel) => gaussianSsim(plane, reference.colors[channel]));
    figures.ssim = (similarities[0] + similarities[1] + similarities[2]) / 3;
    figures['ssim.luma'] = gaussianSsim(frame.luma, reference.luma);
  }
  const { stored } = frame;
  if (stored === null || reference.stored === null || !sameLayout(stored, reference.stored)) return;
  const planes = planesOf(stored);
  const others = planesOf(reference.stored);
  const samples = planes.reduce((sum, [, plane]) => sum + plane.samples.length, 0);
  let error = 0;
  let similarity = 0;
  for (const [place, [name, plane]] of planes.entries()) {
    const share = plane.samples.length / samples;
    const planeError = meanSquaredError(plane, others[place][1]);
    psnr(`psnr.${name}`, planeError, plane.peak);
    error += share * planeError;
    if (!fitsBlocks(plane)) continue;
    const planeSimilarity = blockSsim(plane, others[place][1]);
    figures[`ssimBlock.${name}`] = planeSimilarity;
    similarity += share * planeSimilarity;
  }
  psnr('psnr.yuv', error, planes[0][1].peak);
  if (planes.every(([, plane]) => fitsBlocks(plane))) figures['ssimBlock.yuv'] = similarity;
}

function sameLayout(a: YuvPlanes, b: YuvPlanes): boolean {
  return a.sampling === b.sampling && a.bitDepth === b.bitDepth && a.matrix === b.matrix && a.fullRange === b.fullRange;
}

function planesOf(stored: YuvPlanes): [string, Plane][] {
  const peak = 2 ** stored.bitDepth - 1;
  const { columns, rows } = chromaSize(stored);
  const luma: [string, Plane] = ['y', { width: stored.width, height: stored.height, samples: stored.y, peak }];
  if (stored.sampling === '400') return [luma];
  return [
    luma,
    ['cb', { width: columns, height: rows, samples: stored.cb, peak }],
    ['cr', { width: columns, height: rows, samples: stored.cr, peak }],
  ];
}

function summarise(frames: readonly FrameFigures[], peaks: ReadonlyMap<string, number>): Record<string, FigureSummary> {
  const names = new Set(frames.flatMap((figures) => Object.keys(figures)));
  const summary: Record<string, FigureSummary> = {};
  for (const name of names) {
    const series = frames.flatMap((figures) => (name in figures ? [figures[name]] : []));
    const peak = peaks.get(name);
    // Back from decibels to squared errors, whose mean is the error of the clip.
    const error = (decibels: number): number => ((peak ?? 1) / 10 ** (decibels / 20)) ** 2;
    const average = mean(peak === undefined ? series : series.map(error));
    summary[name] = {
      average: peak === undefined ? average : psnrOfError(average, peak),
      min: series.reduce((least, value) => Math.min(least, value), Infinity),
      max: series.reduce((most, value) => Math.max(most, value), -Infinity),
    };
  }
  return summary;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
