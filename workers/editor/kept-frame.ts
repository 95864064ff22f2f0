import type { Picture, YuvPlanes } from '../../src/media';
import { joinedBytes } from '../../src/numeric/joined';

/** A decoded frame in memory of our own: a decoder has few buffers, and waits for those that are not given back. */
export interface KeptFrame {
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** For a canvas or a texture; the caller closes it. */
  open(): VideoFrame;
  /** RGBA8, rows from the top, for the caller to keep. */
  rgba(): Uint8Array;
}

/** Formats of WebCodecs for planes of 8 bits. */
const PLANAR_FORMATS: Readonly<Partial<Record<YuvPlanes['sampling'], VideoPixelFormat>>> = { '420': 'I420', '422': 'I422', '444': 'I444' };
/** Wide colours (BT.2020) are turned into RGBA here: what browsers make of them differs. */
const MATRICES: Readonly<Partial<Record<YuvPlanes['matrix'], VideoMatrixCoefficients>>> = { bt601: 'smpte170m', bt709: 'bt709' };

/** Luma and chroma stay as they are stored, 1.5 bytes a pixel; what no canvas takes that way becomes RGBA. */
export function keepFrame(picture: Picture): KeptFrame {
  const { planes } = picture;
  const format = planes?.bitDepth === 8 ? PLANAR_FORMATS[planes.sampling] : undefined;
  const matrix = planes === null ? undefined : MATRICES[planes.matrix];
  const isEven = picture.width % 2 === 0 && picture.height % 2 === 0;
  if (planes === null || format === undefined || matrix === undefined || !isEven) return keepPixels(picture);
  const { width, height } = planes;
  const [y, cb, cr] = [planes.y, planes.cb, planes.cr].map((plane) => new Uint8Array(plane.buffer, plane.byteOffset, plane.byteLength));
  const columns = planes.sampling === '444' ? width : (width + 1) >> 1;
  const bytes = y.length + cb.length + cr.length;
  // One after another in one buffer, as a decoder's copy has them; anything else is put together once.
  const together = y.buffer === cb.buffer && cb.buffer === cr.buffer && cb.byteOffset === y.byteOffset + y.length;
  const data =
    together && cr.byteOffset === cb.byteOffset + cb.length ? new Uint8Array(y.buffer, y.byteOffset, bytes) : joinedBytes([y, cb, cr]);
  return {
    ...{ width, height, bytes },
    open: () =>
      new VideoFrame(data, {
        ...{ format, codedWidth: width, codedHeight: height, timestamp: 0 },
        layout: [
          { offset: 0, stride: width },
          { offset: y.length, stride: columns },
          { offset: y.length + cb.length, stride: columns },
        ],
        // Numbers go to the screen as the file holds them: its transfer function is taken for that of the screen, as everywhere here.
        colorSpace: { matrix, fullRange: planes.fullRange, primaries: 'bt709', transfer: 'iec61966-2-1' },
      }),
    rgba: () => picture.rgba(),
  };
}

function keepPixels(picture: Picture): KeptFrame {
  const { width, height } = picture;
  const data = picture.rgba();
  return {
    ...{ width, height, bytes: data.length },
    open: () => new VideoFrame(data, { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: 0 }),
    rgba: () => data.slice(),
  };
}
