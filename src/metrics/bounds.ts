/** Least values that the figures of a clip must have. */
import { AiprodError } from '../errors';
import type { ClipFigures } from './clip-figures';

export interface Bound {
  /** A figure's name, such as `psnr` or `ssim.luma`. */
  readonly figure: string;
  readonly least: number;
}

/**
 * `psnr=30` as a bound on the clip's average.
 * @throws bad-usage for another form.
 */
export function parseBound(text: string): Bound {
  const match = /^([A-Za-z]+(?:\.[a-z]+)?)=(-?\d+(?:\.\d+)?)$/.exec(text);
  if (match === null) {
    throw new AiprodError('bad-usage', 'The bound cannot be understood', {
      expected: 'a figure and its least value, such as psnr=30',
      found: `"${text}"`,
    });
  }
  return { figure: match[1], least: Number(match[2]) };
}

/** A bound that a clip does not keep. */
export interface BrokenBound extends Bound {
  readonly average: number;
}

/**
 * The bounds that the averages of a clip do not reach.
 * @throws bad-usage when a bound names a figure that this clip does not have, for it could not fail.
 */
export function brokenBounds({ summary }: ClipFigures, bounds: readonly Bound[]): BrokenBound[] {
  return bounds.flatMap((bound) => {
    if (!Object.hasOwn(summary, bound.figure)) {
      throw new AiprodError('bad-usage', 'The clip has no figure of the name of a bound', {
        expected: Object.keys(summary).join(', '),
        found: bound.figure,
        hint: 'Figures against a reference need one; those over time need several frames',
      });
    }
    const { average } = summary[bound.figure];
    return average >= bound.least ? [] : [{ ...bound, average }];
  });
}
