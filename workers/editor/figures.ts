import { AiprodError } from '../../src/errors';
import { openVideo } from '../../src/media/browser';
import { measureClip, type ClipFigures } from '../../src/metrics';

/**
 * Figures of a clip frame by frame, against a reference where there is one.
 * @param onFrame hears of frames that are measured
 * @throws AiprodError `bad-input` when the two differ in size or length, `cancelled`
 */
export async function clipFigures(
  content: Blob,
  reference: Blob | undefined,
  signal: AbortSignal,
  onFrame: (frame: number, frames: number) => void,
): Promise<ClipFigures> {
  const clip = await openVideo(content);
  try {
    const other = reference === undefined ? null : await openVideo(reference);
    try {
      let frame = 0;
      return await measureClip(clip, other, {
        add() {
          if (signal.aborted) throw new AiprodError('cancelled', 'the measurement was stopped');
          onFrame(++frame, clip.frameCount);
        },
      });
    } finally {
      await other?.close();
    }
  } finally {
    await clip.close();
  }
}
