import type { Layer, PictureSize } from '../project';

/** The picture of a layer. */
export type LayerPicture =
  /** RGBA8, rows from the top, straight alpha: `width * height * 4` bytes. */
  | { readonly kind: 'bytes'; readonly width: number; readonly height: number; readonly rgba: Uint8Array | Uint8ClampedArray }
  /** What a browser decodes or draws; it stays the caller's, who may close it when composing is done. */
  | { readonly kind: 'image'; readonly width: number; readonly height: number; readonly image: VideoFrame | ImageBitmap | OffscreenCanvas };

/** A layer with what is drawn of it. The picture of a title is as large as the output. */
export interface PicturedLayer {
  readonly layer: Layer;
  readonly picture: LayerPicture;
}

/** A table of colours (.cube): what each colour of a grid becomes. */
export interface ColorTable {
  /** Points along each axis. */
  readonly size: number;
  /** [size (blue), size (green), size (red), 3], red fastest. */
  readonly colors: Float32Array;
  /** The input, channel by channel, that the first and the last point stand for; 0 and 1 in most. */
  readonly domainMin: readonly [number, number, number];
  readonly domainMax: readonly [number, number, number];
}

/** One frame to be composed. */
export interface Composition {
  /** From the lowest to the topmost, as `layersAt` gives them. */
  readonly layers: readonly PicturedLayer[];
  /** Size of the sequence: what transforms and lengths of effects are counted in. */
  readonly frame: PictureSize;
  /** Pixels of the result: the sequence's size, or that of the same shape in which it is written or shown. */
  readonly output: PictureSize;
  /** #rrggbb, where no layer is. */
  readonly background: string;
  /** Tables of `lut` effects by the id of their media. */
  readonly tables?: ReadonlyMap<string, ColorTable>;
}

/** Composes frames on one GPU device. Frames may be asked for before earlier ones are done: they are made in order. */
export interface Compositor {
  /**
   * @returns RGBA8, opaque, rows from the top
   * @throws AiprodError `bad-input` for a table that is missing; `out-of-memory`, `device-lost`, `gpu-failure`
   */
  compose(composition: Composition): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Composes into a canvas of the output's size, which `prepareCanvas` was called for. Done when the work is handed to the GPU: what is drawn of
   * a picture may be closed then.
   */
  composeTo(composition: Composition, canvas: GPUCanvasContext): Promise<void>;
  /** Makes a canvas one that this device draws into. */
  prepareCanvas(canvas: GPUCanvasContext): void;
  /** Frees what it holds on the device, which stays the caller's. */
  close(): void;
}
