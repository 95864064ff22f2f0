/** How WebCodecs is asked to encode; whether it does well is tested in a browser, see `browser.test.ts`. */
import { Quality as ContainerQuality, type VideoEncodingConfig } from 'mediabunny';
import { CONTAINER_CODECS } from './container';
import type { FrameRate, Quality, VideoCodec } from './types';

/**
 * Constant quantizer (lower is better): H.264 takes 0 to 51, VP9 and AV1 0 to 63 (WebCodecs codec registry). mediabunny's own
 * levels go to 255 for AV1, which Chrome 143 clamps to the worst.
 */
const QUANTIZERS: Readonly<Record<VideoCodec, Readonly<Record<Quality, number>>>> = {
  h264: { low: 34, medium: 28, high: 22, 'very-high': 16 },
  vp9: { low: 44, medium: 36, high: 28, 'very-high': 20 },
  av1: { low: 36, medium: 28, high: 18, 'very-high': 10 },
};

/**
 * For encoders without a constant quantizer (Chrome's for H.264): bits a pixel, and the least bits a second. The floor keeps
 * small clips sharp, and above 160 kbit/s, where Chrome marks H.264 as level 1b and then refuses to decode it.
 */
const BITRATES: Readonly<Record<Quality, { perPixel: number; least: number }>> = {
  low: { perPixel: 0.05, least: 200_000 },
  medium: { perPixel: 0.1, least: 400_000 },
  high: { perPixel: 0.2, least: 800_000 },
  'very-high': { perPixel: 0.4, least: 1_600_000 },
};

export interface ClipShape {
  readonly width: number;
  readonly height: number;
  readonly frameRate: FrameRate;
  readonly quality?: Quality;
}

/** A key frame every second, for seeking; no frame dropped. */
export function encodingConfig(
  codec: VideoCodec,
  { width, height, frameRate, quality = 'high' }: ClipShape,
): VideoEncodingConfig & { quality: ContainerQuality } {
  const pixelsPerSecond = (width * height * frameRate.numerator) / frameRate.denominator;
  return {
    codec: CONTAINER_CODECS[codec],
    quality: new ContainerQuality({
      quantizer: QUANTIZERS[codec][quality],
      bitrate: Math.round(Math.max(BITRATES[quality].least, pixelsPerSecond * BITRATES[quality].perPixel)),
    }),
    keyFrameInterval: 1,
    latencyMode: 'quality',
  };
}
