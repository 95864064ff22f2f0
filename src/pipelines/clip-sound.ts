import { integratedLoudness, waveformPeaks, type Waveform } from '../audio';
import { colorPlanes, lumaPlane, measureSync, observeSight } from '../metrics';
import type { ClipSound } from './generator-api';

/**
 * The sound of a clip with what a page draws and says of it.
 * @param frames RGBA, 8 bits, `width * height * 4` bytes each
 * @param clip frames a second, and their size
 */
export function clipSound(
  waveform: Waveform,
  frames: Iterable<Uint8Array>,
  { width, height, frameRate }: { readonly width: number; readonly height: number; readonly frameRate: number },
): ClipSound {
  const observer = observeSight(frameRate);
  for (const frame of frames) observer.add(colorPlanes(frame, width, height), lumaPlane(frame, width, height));
  return {
    waveform,
    peaks: waveformPeaks(waveform),
    loudness: integratedLoudness(waveform),
    sync: measureSync(observer.sight(), waveform),
  };
}
