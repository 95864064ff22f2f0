import type { PictureSize, PlacedTransform } from '../project';

/** Where a picture lies in the output, and at what size effects are applied to it. */
export interface Placement {
  /** Size at which effects are applied: the picture's own, or that at which it is shown where that is smaller. */
  readonly working: PictureSize;
  /** Working pixels in one pixel of the sequence, at the fitted size. */
  readonly lengthScale: number;
  /** The middle p of a pixel of the output comes from u = across p.x + down p.y + offset of the working picture. */
  readonly across: readonly [number, number];
  readonly down: readonly [number, number];
  readonly offset: readonly [number, number];
  /** Working pixels that cropping leaves. */
  readonly windowLow: readonly [number, number];
  readonly windowHigh: readonly [number, number];
  /** Pixels of the output in one working pixel along each axis of the picture. */
  readonly scale: readonly [number, number];
  /** It is only shifted by whole pixels, and not cropped. */
  readonly direct: boolean;
}

/**
 * Fits a picture into the output whole and centred, on whole pixels, and then moves it as its transform says. A picture that is shown smaller than
 * it is, is first reduced to that size, so that effects cost no more than what is seen and nothing aliases.
 * @returns null where nothing of it is seen, being of no size or all cut off
 */
export function placePicture(picture: PictureSize, transform: PlacedTransform, frame: PictureSize, output: PictureSize): Placement | null {
  const { cropLeft, cropRight, cropTop, cropBottom } = transform;
  if (transform.scale <= 0 || cropLeft + cropRight >= 1 || cropTop + cropBottom >= 1) return null;
  const perFramePixel = Math.min(output.width / frame.width, output.height / frame.height);
  const fit = Math.min(output.width / picture.width, output.height / picture.height);
  const fitted = { width: wholeSide(picture.width * fit), height: wholeSide(picture.height * fit) };
  const working = {
    width: Math.min(picture.width, wholeSide(fitted.width * transform.scale)),
    height: Math.min(picture.height, wholeSide(fitted.height * transform.scale)),
  };
  const scale = [(fitted.width * transform.scale) / working.width, (fitted.height * transform.scale) / working.height] as const;
  const centre = [
    Math.floor((output.width - fitted.width) / 2) + fitted.width / 2 + transform.x * perFramePixel,
    Math.floor((output.height - fitted.height) / 2) + fitted.height / 2 + transform.y * perFramePixel,
  ];
  const [cos, sin] = turn(transform.rotation);
  const [flipX, flipY] = [transform.flipHorizontal ? -1 : 1, transform.flipVertical ? -1 : 1];
  // u = F S^-1 R^-1 (p - centre) + working / 2; rotation is clockwise with y down.
  const across = [(flipX * cos) / scale[0], (flipY * -sin) / scale[1]] as const;
  const down = [(flipX * sin) / scale[0], (flipY * cos) / scale[1]] as const;
  const offset = [
    working.width / 2 - across[0] * centre[0] - down[0] * centre[1],
    working.height / 2 - across[1] * centre[0] - down[1] * centre[1],
  ] as const;
  const uncropped = cropLeft + cropRight + cropTop + cropBottom === 0;
  const upright = across[0] === 1 && across[1] === 0 && down[0] === 0 && down[1] === 1;
  return {
    ...{ working, lengthScale: (working.width / fitted.width) * perFramePixel, across, down, offset, scale },
    windowLow: [cropLeft * working.width, cropTop * working.height],
    windowHigh: [(1 - cropRight) * working.width, (1 - cropBottom) * working.height],
    direct: uncropped && upright && offset.every(Number.isInteger),
  };
}

const wholeSide = (side: number): number => Math.max(1, Math.round(side));

/** Cosine and sine of an angle in degrees, exact at right angles. */
function turn(degrees: number): readonly [number, number] {
  const quarter = (((degrees / 90) % 4) + 4) % 4;
  if (Number.isInteger(quarter))
    return (
      [
        [1, 0],
        [0, 1],
        [-1, 0],
        [0, -1],
      ] as const
    )[quarter];
  const angle = (degrees * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle)];
}
