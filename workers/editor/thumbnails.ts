import { AiprodError } from '../../src/errors';
import { createClipFrames, createFrameCache, type ClipFrames as FramesOf } from '../../src/media';
import { openVideo } from '../../src/media/browser';
import { keepFrame, type KeptFrame } from './kept-frame';

type ClipFrames = FramesOf<KeptFrame>;

/** Small pictures of files, made one after another by a decoder of their own, so that the viewer's keeps its place. */
export interface Thumbnails {
  /** @param frame of the file; cut to those it has */
  make(id: string, content: Blob, frame: (clip: ClipFrames) => number, height: number): Promise<ImageBitmap>;
  /** Forgets a file. */
  close(id: string): Promise<void>;
}

/** Bytes of frames: neighbours in a filmstrip share a group of pictures. */
const KEPT_BYTES = 64 * 2 ** 20;
/** Files that are open at a time. */
const MOST_OPEN = 8;

/** @param atRest resolves when the viewer has nothing to decode */
export function createThumbnails(atRest: () => Promise<void>): Thumbnails {
  const cache = createFrameCache<KeptFrame>(KEPT_BYTES);
  /** Used last at the end. */
  const open = new Map<string, ClipFrames>();
  let last: Promise<unknown> = Promise.resolve();

  const inOrder = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const answer = last.then(work);
    last = answer.catch(() => undefined);
    return answer;
  };
  const close = async (id: string): Promise<void> => {
    const clip = open.get(id);
    open.delete(id);
    await clip?.close();
  };
  const opened = async (id: string, content: Blob): Promise<ClipFrames> => {
    const known = open.get(id);
    open.delete(id);
    const clip = known ?? createClipFrames(id, await openVideo(content), cache, keepFrame);
    open.set(id, clip);
    for (const other of [...open.keys()].slice(0, -MOST_OPEN)) await close(other);
    return clip;
  };

  return {
    make: (id, content, frameOf, height) =>
      inOrder(async () => {
        await atRest();
        const clip = await opened(id, content);
        const frame = Math.min(clip.reader.frameCount - 1, Math.max(0, frameOf(clip)));
        cache.beginTurn();
        cache.visit(id, frame, 1);
        const kept = await clip.reach(frame, () => false);
        if (kept === undefined) throw new AiprodError('internal', 'a picture that was waited for was not made', { where: id });
        const picture = kept.open();
        try {
          const width = Math.max(1, Math.round((kept.width * height) / kept.height));
          return await createImageBitmap(picture, { resizeWidth: width, resizeHeight: height, resizeQuality: 'medium' });
        } finally {
          picture.close();
        }
      }),
    close: (id) => inOrder(() => close(id)),
  };
}
