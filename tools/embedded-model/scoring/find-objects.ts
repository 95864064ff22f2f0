import { tonesOf, type Background } from '../world/backgrounds';
import { colors, colorTones, labOf, squaredDistance, type Color, type Rgb } from '../world/palette';
import type { Clip } from '../world/render';

/** What is of one colour in a clip. */
export interface FoundObject {
  readonly color: Color;
  /** [F, H, W]: 1 where it is. */
  readonly mask: Uint8Array;
  /** Pixels in all frames. */
  readonly area: number;
}

/** Farther from every tone than this, in L*a*b*, a pixel belongs to nothing. */
const farthest = 30;
/** A colour that covers more of a clip is no object. */
const largestShare = 0.6;
/** Fewer pixels a frame are no object. */
const leastPixels = 10;
const nothing = 255;

const ownersByBackground = new Map<Background, Uint8Array>();

/** For each tone of 5 bits a channel, 1 + the colour it belongs to; 0 before it was asked for, {@link nothing} for the background and for none. */
function ownersOf(background: Background): Uint8Array {
  let owners = ownersByBackground.get(background);
  if (owners === undefined) ownersByBackground.set(background, (owners = new Uint8Array(1 << 15)));
  return owners;
}

const colorLabs = colors.map((color): Rgb => {
  const [red, green, blue]: Rgb = colorTones[color];
  return labOf(red, green, blue);
});

function ownerOfTone(red: number, green: number, blue: number, background: Background): number {
  const lab = labOf(red, green, blue);
  const own = colorLabs.map((tone) => squaredDistance(lab, tone));
  const least = Math.min(...own);
  const behind = tonesOf(background).reduce((best, tone) => Math.min(best, squaredDistance(lab, tone)), farthest ** 2);
  return least < behind ? 1 + own.indexOf(least) : nothing;
}

/**
 * Objects by colour, the largest first. A pixel belongs to the colour that its tone is nearest to, and needs three neighbours of its
 * own colour, so that stars and rims do not count.
 */
export function findObjects({ frames, size, pixels }: Clip, background: Background): FoundObject[] {
  const owners = ownersOf(background);
  const area = size * size;
  const owner = new Uint8Array(frames * area);
  for (let k = 0; k < owner.length; k++) {
    const [red, green, blue] = [pixels[3 * k], pixels[3 * k + 1], pixels[3 * k + 2]];
    const tone = ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
    if (owners[tone] === 0) owners[tone] = ownerOfTone((red & 0xf8) + 4, (green & 0xf8) + 4, (blue & 0xf8) + 4, background);
    owner[k] = owners[tone];
  }
  const masks = colors.map(() => new Uint8Array(frames * area));
  const counts = colors.map(() => 0);
  for (let k = 0; k < owner.length; k++) {
    const color = owner[k];
    if (color === nothing) continue;
    const [row, column] = [Math.floor(k / size) % size, k % size];
    const near =
      Number(row > 0 && owner[k - size] === color) +
      Number(row < size - 1 && owner[k + size] === color) +
      Number(column > 0 && owner[k - 1] === color) +
      Number(column < size - 1 && owner[k + 1] === color);
    // At an edge of the picture one neighbour is outside.
    const inside = row > 0 && row < size - 1 && column > 0 && column < size - 1;
    if (near < (inside ? 3 : 2)) continue;
    masks[color - 1][k] = 1;
    counts[color - 1]++;
  }
  return colors
    .map((color, k) => ({ color, mask: masks[k], area: counts[k] }))
    .filter((object) => object.area >= leastPixels * frames && object.area < largestShare * frames * area)
    .sort((a, b) => b.area - a.area);
}
