import { lumaPlane } from '../../metrics';
import { chromaSize, type Picture } from '../../media';

/** Cells along each side of a thumbnail. */
export const THUMBNAIL_SIDE = 64;
/** Samples along each side of a cell that are averaged at most: a large frame is not read whole. */
const SAMPLES_PER_CELL = 8;

type Samples = Uint8Array | Uint16Array | Float32Array;

/** A plane of a picture, with the samples that stand for 0 and 255. */
export interface PicturePlane {
  readonly width: number;
  readonly height: number;
  readonly samples: Samples;
  readonly zero: number;
  readonly full: number;
}

/** A frame in 64 x 64 cells, whatever its shape: means of each plane, 0 to 255, rows from the top. Grey is 128 in both chroma planes. */
export interface Thumbnail {
  readonly luma: Float32Array;
  readonly cb: Float32Array;
  readonly cr: Float32Array;
}

export interface PicturePlanes {
  readonly luma: PicturePlane;
  readonly cb: PicturePlane;
  readonly cr: PicturePlane;
}

/** Luma and chroma as the file stores them, or of the colours (full range BT.601) where it stores those. */
export function planesOf(picture: Picture): PicturePlanes {
  const { width, height, planes } = picture;
  if (planes === null) return planesOfColors(picture.rgba(), width, height);
  const unit = 2 ** (planes.bitDepth - 8);
  const [zero, full, middle] = planes.fullRange ? [0, 256 * unit - 1, 128 * unit] : [16 * unit, 235 * unit, 128 * unit];
  // Chroma reaches from 16 to 240 in the limited range.
  const reach = planes.fullRange ? 128 * unit : (112 * unit * 128) / 127.5;
  const { columns, rows } = chromaSize(planes);
  const chroma = (samples: Samples): PicturePlane =>
    columns === 0
      ? { width: 1, height: 1, samples: Uint8Array.of(128), zero: 0, full: 255 }
      : { width: columns, height: rows, samples, zero: middle - reach, full: middle - reach + (reach * 255) / 128 };
  return { luma: { width, height, samples: planes.y, zero, full }, cb: chroma(planes.cb), cr: chroma(planes.cr) };
}

function planesOfColors(rgba: Uint8Array, width: number, height: number): PicturePlanes {
  const count = width * height;
  const [cb, cr] = [new Float32Array(count), new Float32Array(count)];
  for (let at = 0; at < count; at++) {
    const [red, green, blue] = [rgba[4 * at], rgba[4 * at + 1], rgba[4 * at + 2]];
    cb[at] = 128 - 0.168736 * red - 0.331264 * green + 0.5 * blue;
    cr[at] = 128 + 0.5 * red - 0.418688 * green - 0.081312 * blue;
  }
  const plane = (samples: Samples): PicturePlane => ({ width, height, samples, zero: 0, full: 255 });
  return { luma: plane(Uint8Array.from(lumaPlane(rgba, width, height).samples)), cb: plane(cb), cr: plane(cr) };
}

/** Frames of one clip at other sizes give nearly the same thumbnails. */
export function thumbnailOf({ luma, cb, cr }: PicturePlanes): Thumbnail {
  return { luma: cellMeans(luma), cb: cellMeans(cb), cr: cellMeans(cr) };
}

/**
 * Means of a plane in 64 x 64 cells, 0 to 255. Samples that lie in two cells count in each by their part, so that scaling changes little.
 * @param most samples along each side of a cell that are read: a large frame is not read whole
 */
export function cellMeans({ width, height, samples, zero, full }: PicturePlane, most = SAMPLES_PER_CELL): Float32Array {
  const { places, shares, ends } = partsOf(width, most);
  const rows = partsOf(height, most);
  const means = new Float32Array(THUMBNAIL_SIDE * THUMBNAIL_SIDE);
  let k = 0;
  for (let row = 0; row < THUMBNAIL_SIDE; row++) {
    for (; k < rows.ends[row]; k++) {
      const from = rows.places[k] * width;
      const rowShare = rows.shares[k];
      let j = 0;
      for (let column = 0; column < THUMBNAIL_SIDE; column++) {
        let sum = 0;
        for (const end = ends[column]; j < end; j++) sum += samples[from + places[j]] * shares[j];
        means[row * THUMBNAIL_SIDE + column] += sum * rowShare;
      }
    }
  }
  const scale = 255 / (full - zero);
  for (let at = 0; at < means.length; at++) means[at] = (means[at] - zero) * scale;
  return means;
}

/** R, G and B, 8 bits, of cells of luma and chroma (BT.601). */
export function colorsOf(luma: Float32Array, cb: Float32Array, cr: Float32Array): Uint8Array {
  const colors = new Uint8ClampedArray(3 * luma.length);
  for (let at = 0; at < luma.length; at++) {
    const [level, b, r] = [luma[at], cb[at] - 128, cr[at] - 128];
    colors[3 * at] = level + 1.402 * r;
    colors[3 * at + 1] = level - 0.344136 * b - 0.714136 * r;
    colors[3 * at + 2] = level + 1.772 * b;
  }
  return new Uint8Array(colors.buffer);
}

/** Samples along a side that are read, in order, the share that each has in its cell, and where the next cell's begin. */
interface SampleParts {
  readonly places: Uint32Array;
  readonly shares: Float64Array;
  readonly ends: Uint32Array;
}

/** Of the sizes seen last: all planes of a clip have few. */
const knownParts = new Map<string, SampleParts>();

function partsOf(size: number, most: number): SampleParts {
  const key = `${size} ${most}`;
  let parts = knownParts.get(key);
  if (parts === undefined) {
    parts = size <= most * THUMBNAIL_SIDE ? coveredParts(size) : sampledParts(size, most);
    if (knownParts.size >= 64) knownParts.clear();
    knownParts.set(key, parts);
  }
  return parts;
}

/** All samples, each by how much of it lies in the cell. */
function coveredParts(size: number): SampleParts {
  const perCell = size / THUMBNAIL_SIDE;
  const list: { place: number; share: number }[] = [];
  const ends = new Uint32Array(THUMBNAIL_SIDE);
  for (let cell = 0; cell < THUMBNAIL_SIDE; cell++) {
    const [start, end] = [cell * perCell, (cell + 1) * perCell];
    for (let place = Math.floor(start); place < Math.min(size, end); place++) {
      const covered = Math.min(place + 1, end) - Math.max(place, start);
      if (covered > 1e-9) list.push({ place, share: covered / perCell });
    }
    ends[cell] = list.length;
  }
  return { places: Uint32Array.from(list, ({ place }) => place), shares: Float64Array.from(list, ({ share }) => share), ends };
}

/** So many samples of each cell, at equal distances. */
function sampledParts(size: number, perCell: number): SampleParts {
  const count = perCell * THUMBNAIL_SIDE;
  return {
    places: Uint32Array.from({ length: count }, (_, k) => Math.floor(((k + 0.5) * size) / count)),
    shares: new Float64Array(count).fill(1 / perCell),
    ends: Uint32Array.from({ length: THUMBNAIL_SIDE }, (_, cell) => (cell + 1) * perCell),
  };
}
