// Types of gifenc 1.0.3, which ships none; only what this project calls.
declare module 'gifenc' {
  export type GifPalette = number[][];
  export interface GifFrameOptions {
    /** The first frame also writes the screen descriptor, the global palette and the repeat extension. */
    first?: boolean;
    palette: GifPalette;
    /** Milliseconds; stored in hundredths of a second. */
    delay: number;
    /** 0: for ever. */
    repeat?: number;
  }
  export interface GifStream {
    writeHeader(): void;
    writeFrame(indices: Uint8Array, width: number, height: number, options: GifFrameOptions): void;
    finish(): void;
    bytes(): Uint8Array;
    readonly stream: { reset(): void };
  }
  export interface Gifenc {
    GIFEncoder(options: { auto: boolean }): GifStream;
    quantize(rgba: Uint8Array, maxColors: number, options: { format: 'rgb565' }): GifPalette;
    applyPalette(rgba: Uint8Array, palette: GifPalette, format: 'rgb565'): Uint8Array;
  }
  export const GIFEncoder: Gifenc['GIFEncoder'] | undefined;
  export const quantize: Gifenc['quantize'] | undefined;
  export const applyPalette: Gifenc['applyPalette'] | undefined;
  /** The module's exports where a bundler or Node wraps its CommonJS build, else the encoder itself. */
  const wrapped: Gifenc;
  export default wrapped;
}
