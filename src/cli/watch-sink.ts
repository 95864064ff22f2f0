import type { Waveform } from '../audio';
import { frameToRgba } from '../media';
import { colorPlanes, lumaPlane, measureSync, observeSight, type SyncFigures } from '../metrics';
import type { FrameSink } from '../pipelines';

/** A sink that watches what goes through it. */
export interface WatchedSink {
  readonly sink: FrameSink;
  /** How the sound lies to the frames that were added. */
  sync(): SyncFigures;
}

/** @param frameRate frames a second */
export function watchSink(sink: FrameSink, frameRate: number, sound: Waveform): WatchedSink {
  const observer = observeSight(frameRate);
  return {
    sink: {
      async add(chunk) {
        const [, , frames, height, width] = chunk.video.shape;
        for (let frame = 0; frame < frames; frame++) {
          const pixels = frameToRgba(chunk.video.data, { layout: 'CFHW', frames, height, width }, frame);
          observer.add(colorPlanes(pixels, width, height), lumaPlane(pixels, width, height));
        }
        await sink.add(chunk);
      },
      finish: () => sink.finish(),
      abort: () => sink.abort(),
    },
    sync: () => measureSync(observer.sight(), sound),
  };
}

/** Frames from which on a clip counts as out of sync. */
const noticeable = 1;

/** What a person is told of a clip whose sound is off; undefined where it is not, or where that cannot be told. */
export function syncWarning({ offset, offsetFrames, confidence }: SyncFigures, file: string): string | undefined {
  if (offset === undefined || offsetFrames === undefined || Math.abs(offsetFrames) < noticeable) return undefined;
  const amount = `${Math.abs(offset).toFixed(3)} s ${offset < 0 ? 'early' : 'late'} (${Math.abs(offsetFrames).toFixed(2)} frames, confidence ${confidence.toFixed(1)})`;
  return `${file}: the sound seems ${amount}; correct it with: aiprod sync ${file} --out FILE`;
}
