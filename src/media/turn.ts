/** Pictures as a container says they are to be shown: a phone stores upright video lying on its side. */
import type { Picture } from './types';

export interface Turn {
  /** Clockwise. */
  readonly degrees: 0 | 90 | 180 | 270;
  /** Left and right exchanged after turning. */
  readonly mirrored: boolean;
}

/** The picture turned. One that is turned indeed has no planes: its chroma would no longer be that of a stored format. */
export function turned(picture: Picture, turn: Turn): Picture {
  if (turn.degrees === 0 && !turn.mirrored) return picture;
  const swapped = turn.degrees === 90 || turn.degrees === 270;
  const [width, height] = swapped ? [picture.height, picture.width] : [picture.width, picture.height];
  return { width, height, planes: null, rgba: () => turnedPixels(picture.rgba(), picture.width, picture.height, turn) };
}

/** RGBA of `width` x `height` pixels turned. */
export function turnedPixels(rgba: Uint8Array, width: number, height: number, { degrees, mirrored }: Turn): Uint8Array {
  const columns = degrees === 90 || degrees === 270 ? height : width;
  const from = new Uint32Array(new Uint8Array(rgba).buffer);
  const to = new Uint32Array(from.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [column, row] = [x, y];
      if (degrees === 90) [column, row] = [height - 1 - y, x];
      else if (degrees === 180) [column, row] = [width - 1 - x, height - 1 - y];
      else if (degrees === 270) [column, row] = [y, width - 1 - x];
      if (mirrored) column = columns - 1 - column;
      to[row * columns + column] = from[y * width + x];
    }
  }
  return new Uint8Array(to.buffer);
}
