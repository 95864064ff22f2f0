import { AiprodError } from '../../src/errors';
import type { Direction, FrameCache } from '../../src/media';
import { layersAt, mediaFrameAt, sequenceFrames, type Sequence } from '../../src/project';
import type { Composing, LayerFrame } from './composing';
import type { KeptFrame } from './kept-frame';
import { picturesOf } from './frame-pictures';
import type { MediaFiles } from './media-files';

/** A frame of the sequence as it came to the screen. */
export interface ShownFrame {
  readonly frame: number;
  /** From the request to the picture on the canvas. */
  readonly milliseconds: number;
  /** Whether all its pictures were decoded already. */
  readonly ready: boolean;
  /** Media whose files are not there; their layers are left out. */
  readonly missing: readonly string[];
}

/** Frames of the sequence that are decoded ahead of the one shown. */
const AHEAD = 24;

export interface Screen {
  attach(canvas: OffscreenCanvas): void;
  setSequence(sequence: Sequence): void;
  /** Shows a frame, unless another was asked for before it was its turn: then it answers undefined. */
  show(frame: number): Promise<ShownFrame | undefined>;
  /** Draws what is shown again. */
  refresh(): void;
  /** A frame of the sequence at its full size, for the caller to close. */
  still(frame: number): Promise<ImageBitmap>;
  /** Resolves when nothing is being decoded for the screen. */
  atRest(): Promise<void>;
}

export function createScreen(files: MediaFiles, cache: FrameCache<KeptFrame>, composing: Composing): Screen {
  let canvas: OffscreenCanvas | undefined;
  let sequence: Sequence | undefined;
  let shown: number | undefined;
  let direction: Direction = 1;
  let turn = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** Tells the cache where the playhead is in every file that the frame shows. @returns whether all of it is decoded */
  const visit = async (of: Sequence, frame: number): Promise<boolean> => {
    cache.beginTurn();
    let ready = true;
    for (const { clip, source } of layersAt(of, frame)) {
      if (source.kind === 'title' || clip.kind === 'title' || !files.has(source.media)) continue;
      const { timing } = await files.clip(source.media);
      const at = mediaFrameAt(timing, source.time);
      const backwards = clip.speed.numerator < 0;
      cache.visit(source.media, at, backwards ? (direction === 1 ? -1 : 1) : direction);
      ready &&= cache.get(source.media, at) !== undefined;
    }
    return ready;
  };

  const draw = async (to: OffscreenCanvas, of: Sequence, layers: readonly LayerFrame[]): Promise<void> => {
    if (to.width !== of.width || to.height !== of.height) Object.assign(to, { width: of.width, height: of.height });
    await composing.draw(to, of, layers);
  };

  /** Decodes what comes next in the direction of travel, until another frame is asked for. */
  const decodeAhead = async (of: Sequence, from: number, isStale: () => boolean): Promise<void> => {
    const end = sequenceFrames(of);
    for (let step = 1; step <= AHEAD && !isStale(); step++) {
      const frame = from + step * direction;
      if (frame < 0 || frame >= end) return;
      await picturesOf(files, of, frame, isStale);
    }
  };

  const show = (frame: number): Promise<ShownFrame | undefined> => {
    const own = ++turn;
    const isStale = (): boolean => own !== turn;
    const began = performance.now();
    const answer = last.then(async () => {
      const of = sequence;
      if (isStale() || of === undefined) return undefined;
      if (shown !== undefined && frame !== shown) direction = frame > shown ? 1 : -1;
      const ready = await visit(of, frame);
      const made = await picturesOf(files, of, frame, isStale);
      if (made === undefined) return undefined;
      if (canvas !== undefined) await draw(canvas, of, made.layers);
      shown = frame;
      return { frame, milliseconds: performance.now() - began, ready, missing: made.missing };
    });
    last = answer.then(
      () => (sequence === undefined || isStale() ? undefined : decodeAhead(sequence, frame, isStale).catch(() => undefined)),
      () => undefined,
    );
    return answer;
  };

  return {
    attach: (attached) => void (canvas = attached),
    setSequence: (next) => void (sequence = next),
    show,
    refresh: () => void (shown !== undefined && show(shown).catch(() => undefined)),
    async still(frame) {
      const of = sequence;
      if (of === undefined) throw new AiprodError('bad-usage', 'there is no sequence to take a frame of');
      const made = await picturesOf(files, of, frame, () => false);
      const picture = new OffscreenCanvas(of.width, of.height);
      await draw(picture, of, made?.layers ?? []);
      return picture.transferToImageBitmap();
    },
    atRest: async () => {
      for (let waited = last; ; waited = last) {
        await waited;
        if (waited === last) return;
      }
    },
  };
}
