import * as Comlink from 'comlink';
import type { Waveform, WaveformPeaks } from '../../src/audio';
import { createFrameCache, type CacheReport, type Direction, type FormatReport } from '../../src/media';
import type { TitleWarning } from '../../src/compositing';
import { pageTitleDrawer } from '../../src/compositing/browser';
import { availableFormats } from '../../src/media/browser';
import type { ClipFigures } from '../../src/metrics';
import type { Sequence, Title } from '../../src/project';
import { createComposing } from './composing';
import { describe, type MediaFacts } from './describe';
import { exportSequence, mixStretch, type ExportProgress, type ExportSettings } from './export-sequence';
import { dropDownload, type ExportTarget } from './export-target';
import { clipFigures } from './figures';
import type { KeptFrame } from './kept-frame';
import { createMediaFiles } from './media-files';
import { createScreen, type Screen, type ShownFrame } from './screen';
import { createThumbnails } from './thumbnails';

/** What the editor's worker offers a page. Plain data, blobs and pictures, as structured clone carries them. */
export interface EditorApi {
  /**
   * Looks into a file.
   * @throws AiprodError `bad-input` when it is damaged or of no kind that is read, `codec-unavailable`
   */
  describe(file: Blob, name: string): Promise<MediaFacts>;
  /** Makes a file one that sequences may show, by its id among the project's media. */
  addMedia(id: string, file: Blob): Promise<void>;
  removeMedia(id: string): Promise<void>;
  /** The canvas that `show` draws on, as large as the sequence. One at a time: a later one takes its place. */
  attach(canvas: OffscreenCanvas): void;
  setSequence(sequence: Sequence): void;
  /**
   * Shows a frame of the sequence, and decodes what comes after it in the direction of travel.
   * @returns undefined when another frame was asked for before this one was made
   */
  show(frame: number): Promise<ShownFrame | undefined>;
  /** A frame of the sequence as a picture of its full size, for the caller to close. */
  still(frame: number): Promise<ImageBitmap>;
  /** One frame of a file, for the caller to close; undefined when another of this file was asked for before it was made. */
  frameOf(media: string, frame: number, direction: Direction): Promise<VideoFrame | undefined>;
  /** A small picture of a file at a time of it, for the caller to close. @param height pixels */
  thumbnail(media: string, seconds: number, height: number): Promise<ImageBitmap>;
  /** For drawings of a file's sound; null when it has none. */
  peaks(media: string): Promise<WaveformPeaks | null>;
  /** The sound of frames of the sequence, `end` not included; null where nothing is heard from there on. */
  mix(start: number, end: number): Promise<Waveform | null>;
  /** What this browser writes. */
  formats(): Promise<FormatReport[]>;
  /**
   * Writes a sequence. @param id of this export, for `cancelExport`
   * @returns the file of a download, kept until `dropDownload`
   * @throws AiprodError `cancelled`, `unwritable-output`, `storage-full`, `codec-unavailable`, `bad-input`
   */
  export(
    id: string,
    settings: ExportSettings,
    target: ExportTarget,
    onProgress: (progress: ExportProgress) => void,
  ): Promise<File | undefined>;
  cancelExport(id: string): void;
  /** @param id of the export that gave it */
  dropDownload(id: string): Promise<void>;
  /**
   * Figures of a file frame by frame, against another where there is one; a later call ends an earlier one.
   * @throws AiprodError `bad-input` when the two differ in size or length, `cancelled`
   */
  measure(media: string, reference: string | undefined, onFrame: (frame: number, frames: number) => void): Promise<ClipFigures>;
  cancelMeasure(): void;
  /** What is wrong with a title that is drawn all the same; null where nothing is. @throws AiprodError `network-failure` */
  checkTitle(title: Title): Promise<TitleWarning | null>;
  cacheReport(): CacheReport;
}

/** Bytes of decoded frames that are kept where the browser does not say how much memory there is. */
const USUAL_CACHE_BYTES = 256 * 2 ** 20;

/** A sixteenth of the machine's memory, at most 1 GiB. */
function cacheBytes(): number {
  const gigabytes: unknown = Reflect.get(navigator, 'deviceMemory');
  return typeof gigabytes === 'number' ? Math.min(2 ** 30, (gigabytes * 2 ** 30) / 16) : USUAL_CACHE_BYTES;
}

export function createEditor(): EditorApi {
  const cache = createFrameCache<KeptFrame>(cacheBytes());
  const files = createMediaFiles(cache);
  const titles = pageTitleDrawer();
  const composing = createComposing(
    titles,
    async (media) => files.content(media).text(),
    () => screen.refresh(),
  );
  const screen: Screen = createScreen(files, cache, composing);
  const exports = new Map<string, AbortController>();
  let shownSequence: Sequence | undefined;
  let measuring: AbortController | undefined;
  const thumbnails = createThumbnails(() => screen.atRest());
  /** Of each file, the frame that was asked for last. */
  const asked = new Map<string, object>();

  return {
    describe,
    async addMedia(id, file) {
      await Promise.all([files.add(id, file), thumbnails.close(id)]);
      screen.refresh();
    },
    async removeMedia(id) {
      await Promise.all([files.remove(id), thumbnails.close(id)]);
      screen.refresh();
    },
    attach: (canvas) => {
      screen.attach(canvas);
      screen.refresh();
    },
    setSequence(sequence) {
      shownSequence = sequence;
      screen.setSequence(sequence);
    },
    show: (frame) => screen.show(frame),
    async still(frame) {
      const picture = await screen.still(frame);
      return Comlink.transfer(picture, [picture]);
    },
    async frameOf(media, frame, direction) {
      const request = {};
      asked.set(media, request);
      const clip = await files.clip(media);
      cache.moveTo(media, frame, direction);
      const kept = await clip.reach(frame, () => asked.get(media) !== request);
      if (kept === undefined) return undefined;
      const picture = kept.open();
      return Comlink.transfer(picture, [picture]);
    },
    async thumbnail(media, seconds, height) {
      const picture = await thumbnails.make(
        media,
        files.content(media),
        // A hair more, so that a time that lies on a frame's beginning is not taken for the frame before.
        ({ reader: { frameRate } }) =>
          frameRate === null ? 0 : Math.floor((seconds * frameRate.numerator) / frameRate.denominator + 1e-6),
        height,
      );
      return Comlink.transfer(picture, [picture]);
    },
    peaks: (media) => files.peaks(media),
    mix: async (start, end) => (shownSequence === undefined ? null : mixStretch(shownSequence, { start, end }, files)),
    formats: availableFormats,
    async export(id, settings, target, onProgress) {
      const controller = new AbortController();
      exports.set(id, controller);
      try {
        return await exportSequence(settings, target, { id, files, composing, signal: controller.signal, onProgress });
      } finally {
        exports.delete(id);
      }
    },
    cancelExport: (id) => exports.get(id)?.abort(),
    dropDownload,
    measure(media, reference, onFrame) {
      measuring?.abort();
      measuring = new AbortController();
      return clipFigures(files.content(media), reference === undefined ? undefined : files.content(reference), measuring.signal, onFrame);
    },
    cancelMeasure: () => measuring?.abort(),
    checkTitle: (title) => titles.check(title),
    cacheReport: () => cache.report(),
  };
}
