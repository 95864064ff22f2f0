import * as Comlink from 'comlink';
import type { EditorApi } from './editor/create-editor';

/** The editor's worker as a page sees it: every call is answered later, and the worker behind it can be closed. */
export type EditorConnection = {
  readonly [Name in keyof EditorApi]: (...given: Parameters<EditorApi[Name]>) => Promise<Awaited<ReturnType<EditorApi[Name]>>>;
} & { close(): void };

/** Speaks to the worker that decodes and draws. A worker that cannot start, or dies, rejects every call instead of leaving it open. */
export function connectEditor(worker: Worker): EditorConnection {
  const remote = Comlink.wrap<EditorApi>(worker);
  const broken = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) =>
      reject(new Error(`the editor's worker failed: ${event.message || 'its script could not be loaded'}`)),
    );
    worker.addEventListener('messageerror', () => reject(new Error("a message of the editor's worker could not be read")));
  });
  // Nobody may be waiting when it breaks; the next call then hears of it.
  broken.catch(() => undefined);
  const orBroken = <Result>(answer: Promise<Result>): Promise<Result> => Promise.race([answer, broken]);
  return {
    describe: (file, name) => orBroken(remote.describe(file, name)),
    addMedia: (id, file) => orBroken(remote.addMedia(id, file)),
    removeMedia: (id) => orBroken(remote.removeMedia(id)),
    attach: (canvas) => orBroken(remote.attach(Comlink.transfer(canvas, [canvas]))),
    setSequence: (sequence) => orBroken(remote.setSequence(sequence)),
    show: (frame) => orBroken(remote.show(frame)),
    still: (frame) => orBroken(remote.still(frame)),
    frameOf: (media, frame, direction) => orBroken(remote.frameOf(media, frame, direction)),
    thumbnail: (media, seconds, height) => orBroken(remote.thumbnail(media, seconds, height)),
    peaks: (media) => orBroken(remote.peaks(media)),
    mix: (start, end) => orBroken(remote.mix(start, end)),
    formats: () => orBroken(remote.formats()),
    export: (id, settings, target, onProgress) =>
      orBroken<File | undefined>(remote.export(id, settings, target, Comlink.proxy(onProgress))),
    cancelExport: (id) => orBroken(remote.cancelExport(id)),
    dropDownload: (id) => orBroken(remote.dropDownload(id)),
    measure: (media, reference, onFrame) => orBroken(remote.measure(media, reference, Comlink.proxy(onFrame))),
    cancelMeasure: () => orBroken(remote.cancelMeasure()),
    checkTitle: (title) => orBroken(remote.checkTitle(title)),
    cacheReport: () => orBroken(remote.cacheReport()),
    close: () => {
      remote[Comlink.releaseProxy]();
      worker.terminate();
    },
  };
}
