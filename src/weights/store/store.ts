import { z } from 'zod';
import { AiprodError } from '../../errors';
import { sha256 } from '../../numeric/sha256';
import type { FileTree } from '../file-tree';
import { downloadFile, type DownloadOptions, type DownloadState, type RemoteFile } from './download';
import {
  acceptanceSchema,
  chunkBytes,
  modelName,
  originSchema,
  parseManifest,
  storedPath,
  type LicenceAcceptance,
  type ModelManifest,
  type StoredFile,
} from './manifest';
import type { RemoteModel } from './origins';
import type { StoreFiles } from './store-files';
import { parseStrictJson } from '../strict-json';

/** Progress of work on a model's files. */
export interface StoreProgress {
  readonly path: string;
  /** Bytes done and in all, over every file of the model. */
  readonly bytes: number;
  readonly totalBytes: number | undefined;
}

export interface StoreOptions extends Pick<DownloadOptions, 'fetch' | 'signal' | 'wait' | 'headers'> {
  onProgress?(progress: StoreProgress): void;
}

export interface AddOptions extends StoreOptions {
  /** What the person agreed to; kept with the model. */
  readonly acceptance?: LicenceAcceptance;
}

/** What is known of a download that is not whole. */
export interface BegunDownload {
  readonly origin: ModelManifest['origin'];
  readonly licence?: string;
  readonly acceptance?: LicenceAcceptance;
  /** Bytes that are safe in the store. */
  readonly bytes: number;
  /** Absent where the origin does not say how much it will be. */
  readonly totalBytes?: number;
}

/** A model of the store: whole, or begun and not finished; of a download whose note is damaged nothing more is known. */
export type StoreEntry =
  | { readonly name: string; readonly state: 'whole'; readonly manifest: ModelManifest }
  | { readonly name: string; readonly state: 'begun'; readonly download?: BegunDownload };

/** What a check of a file found. */
export interface FileCheck {
  readonly path: string;
  /** Pieces that differ from their hash, by number; empty when the file is as it was. */
  readonly damaged: readonly number[];
  readonly bytes: { readonly expected: number; readonly found: number };
  /** For people: what is wrong with its structure, where that is what was looked at. */
  readonly problem?: string;
}

/** Name of the note that lies with a model's files. */
export const manifestFile = 'aiprod-model.json';
const progressFile = 'aiprod-download.json';

/** State of every file of a model that is being fetched, and what is needed to go on with it. */
const progressSchema = z.strictObject({
  origin: originSchema,
  licence: z.string().max(500).optional(),
  acceptance: acceptanceSchema.optional(),
  totalBytes: z.int().min(0).optional(),
  files: z.record(
    storedPath,
    z.strictObject({ bytes: z.int().min(0).optional(), etag: z.string().optional(), chunks: z.array(z.string().regex(/^[0-9a-f]{64}$/)) }),
  ),
});
type Progress = z.infer<typeof progressSchema>;

/** Bytes of a file that are in whole pieces. */
const safeBytes = ({ bytes = Infinity, chunks }: DownloadState): number => Math.min(bytes, chunks.length * chunkBytes);

/** Models that were added, each in a folder of its own; what it knows of a model is in a note beside the files. */
export class ModelStore {
  constructor(private readonly files: StoreFiles) {}

  /** All models, by name. */
  async list(): Promise<StoreEntry[]> {
    const entries: StoreEntry[] = [];
    for (const name of (await this.files.folders()).toSorted()) {
      const manifest = await this.find(name);
      if (manifest !== undefined) {
        entries.push({ name, state: 'whole', manifest });
        continue;
      }
      const download = await this.begun(name);
      entries.push({ name, state: 'begun', ...(download === undefined ? {} : { download }) });
    }
    return entries;
  }

  /** A download that is not whole; undefined when there is none of that name, or its note is damaged. */
  async begun(name: string): Promise<BegunDownload | undefined> {
    if (!modelName.safeParse(name).success) return undefined;
    const progress = await this.readProgress(name);
    if (progress === undefined) return undefined;
    const { files, ...known } = progress;
    const bytes = Object.values(files).reduce((sum, file) => sum + safeBytes(file), 0);
    return { ...known, bytes };
  }

  /** A model that is there whole; undefined when it is not. */
  async find(name: string): Promise<ModelManifest | undefined> {
    if (!modelName.safeParse(name).success) return undefined;
    const path = `${name}/${manifestFile}`;
    const text = await this.files.readText(path);
    return text === undefined ? undefined : parseManifest(text, `${this.files.name}/${path}`);
  }

  /** Bytes that still fit; undefined where the place does not say. */
  freeBytes(): Promise<number | undefined> {
    return this.files.freeBytes();
  }

  /** The files of a stored model. @throws AiprodError `bad-input` when it is not there, or its files lie elsewhere. */
  async tree(name: string): Promise<FileTree> {
    const manifest = await this.require(name);
    if (!manifest.stored) throw new AiprodError('internal', `the files of ${name} lie outside the store`);
    return this.files.tree(name);
  }

  /**
   * Fetches a model. What was fetched before a cut is kept and gone on from; the model counts as there when every file agrees
   * with its stated length and hash.
   */
  async add(name: string, remote: RemoteModel, options: AddOptions = {}): Promise<ModelManifest> {
    await this.requireFree(name);
    const { origin, licence } = remote;
    const before = await this.readProgress(name);
    // Of another origin or revision nothing can be used; a damaged note is worth no more than a new start.
    const same = before?.origin.location === origin.location && before.origin.revision === origin.revision;
    const total = remote.files.every(({ bytes }) => bytes !== undefined)
      ? remote.files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
      : undefined;
    const acceptance = options.acceptance ?? (same ? before.acceptance : undefined);
    const facts = {
      ...(licence === undefined ? {} : { licence }),
      ...(acceptance === undefined ? {} : { acceptance }),
    };
    const progress: Progress = {
      origin,
      ...facts,
      ...(total === undefined ? {} : { totalBytes: total }),
      files: same ? before.files : {},
    };
    const progressOf = (path: string): DownloadState => (progress.files[path] ??= { chunks: [] });
    await this.requireSpace(remote.files, (path) => safeBytes(progressOf(path)));
    await this.writeProgress(name, progress);
    const stored: StoredFile[] = [];
    let done = 0;
    for (const file of remote.files) {
      const state = progressOf(file.path);
      const report = (bytes: number): void => options.onProgress?.({ path: file.path, bytes: done + bytes, totalBytes: total });
      stored.push(
        await this.fetchFile(name, file, state, remote.headers, { ...options, report, save: () => this.writeProgress(name, progress) }),
      );
      done += stored[stored.length - 1].bytes;
    }
    return this.commit({ manifest: 1, name, origin, ...facts, added: new Date().toISOString(), stored: true, files: stored });
  }

  /** Notes a model whose files stay where they are; they are hashed, so that a later check can tell whether they changed. */
  async addReference(
    name: string,
    location: string,
    tree: FileTree,
    paths: readonly string[],
    options: StoreOptions = {},
  ): Promise<ModelManifest> {
    await this.requireFree(name);
    const files: StoredFile[] = [];
    let before = 0;
    for (const path of paths) {
      const report = (bytes: number): void => options.onProgress?.({ path, bytes: before + bytes, totalBytes: undefined });
      const hashed = await this.hashFile(tree, path, options.signal, report);
      files.push({ path, ...hashed });
      before += hashed.bytes;
    }
    return this.commit({ manifest: 1, name, origin: { kind: 'path', location }, added: new Date().toISOString(), stored: false, files });
  }

  /**
   * Compares every file with its hashes, and notes with the model what was found.
   * @param tree where the files are; the store itself when left out
   */
  async verify(name: string, tree?: FileTree, options: StoreOptions = {}): Promise<FileCheck[]> {
    const manifest = await this.require(name);
    const checks = await this.compare(manifest, tree ?? (await this.tree(name)), options);
    const damaged = checks.filter((check) => check.damaged.length > 0).map(({ path }) => path);
    await this.writeManifest({ ...manifest, check: { at: new Date().toISOString(), damaged } });
    return checks;
  }

  /** Compares files, wherever they are, with the hashes of a model; notes nothing. */
  async compare(manifest: Pick<ModelManifest, 'files'>, from: FileTree, options: StoreOptions = {}): Promise<FileCheck[]> {
    const totalBytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    const checks: FileCheck[] = [];
    let before = 0;
    for (const file of manifest.files) {
      const report = (bytes: number): void => options.onProgress?.({ path: file.path, bytes: before + bytes, totalBytes });
      checks.push(await this.checkFile(from, file, options.signal, report));
      before += file.bytes;
    }
    return checks;
  }

  /**
   * Fetches one file of a stored model again where it was fetched before: from its first damaged piece on, so that one bit costs no whole
   * file. What was cut off goes on from there when it is asked for again.
   * @throws AiprodError `bad-usage` for a file that did not come from the network; as `add`
   */
  async mend(name: string, path: string, options: StoreOptions = {}): Promise<ModelManifest> {
    const manifest = await this.require(name);
    const file = manifest.files.find((own) => own.path === path);
    if (file?.url === undefined || !manifest.stored) {
      throw new AiprodError('bad-usage', 'this file cannot be fetched again', {
        where: `${name}/${path}`,
        expected: manifest.files.flatMap((own) => (own.url === undefined ? [] : [own.path])).join(', ') || 'a model from the network',
        found: file === undefined ? 'no such file in the model' : 'a file that did not come from the network',
      });
    }
    const { url, bytes, sha256 } = file;
    const report = (done: number): void => options.onProgress?.({ path, bytes: done, totalBytes: bytes });
    const { damaged } = await this.checkFile(await this.tree(name), file, options.signal);
    const state: DownloadState = { bytes, chunks: file.chunks.slice(0, damaged.at(0) ?? file.chunks.length) };
    // Where it stood is found by its hashes when it is asked for again: nothing is noted.
    await this.fetchFile(name, { path, url, bytes, sha256 }, state, options.headers ?? {}, {
      ...options,
      report,
      save: () => Promise.resolve(),
    });
    const { check } = manifest;
    const mended =
      check === undefined ? manifest : { ...manifest, check: { ...check, damaged: check.damaged.filter((own) => own !== path) } };
    await this.writeManifest(mended);
    return mended;
  }

  /** Removes a model, or what was fetched of it; files outside the store are not touched. */
  async remove(name: string): Promise<void> {
    if (!modelName.safeParse(name).success || !(await this.files.folders()).includes(name)) throw await this.noSuchModel(name);
    await this.files.remove(name);
  }

  private async checkFile(
    tree: FileTree,
    file: StoredFile,
    signal: AbortSignal | undefined,
    report?: (bytes: number) => void,
  ): Promise<FileCheck> {
    const source = await tree.open(file.path);
    await source?.close?.();
    const found = source === undefined ? { bytes: 0, chunks: [] } : await this.hashFile(tree, file.path, signal, report);
    const pieces = Math.max(file.chunks.length, found.chunks.length);
    const damaged = Array.from({ length: pieces }, (_, k) => k).filter((k) => file.chunks[k] !== found.chunks[k]);
    // An empty file has no pieces to differ in.
    if (source === undefined && damaged.length === 0) damaged.push(0);
    return { path: file.path, damaged, bytes: { expected: file.bytes, found: found.bytes } };
  }

  private async fetchFile(
    name: string,
    remote: RemoteFile,
    state: DownloadState,
    headers: Readonly<Record<string, string>>,
    options: StoreOptions & { report(bytes: number): void; save(): Promise<void> },
  ): Promise<StoredFile> {
    const path = `${name}/${remote.path}`;
    const file = await this.files.openAppend(path);
    try {
      // What is there from before counts at once.
      if (state.chunks.length > 0) options.report(safeBytes(state));
      await downloadFile(remote, file, state, { ...options, headers, saveState: options.save, onProgress: options.report });
    } finally {
      await file.close();
    }
    // Read back from where it was stored: what counts is what is there, not what went by.
    const hashed = await this.hashFile(await this.files.tree(name), remote.path, options.signal);
    const agrees =
      hashed.chunks.every((hash, k) => hash === state.chunks[k]) && (remote.sha256 === undefined || remote.sha256 === hashed.sha256);
    if (!agrees) {
      await this.files.remove(path);
      state.chunks = [];
      delete state.etag;
      delete state.bytes;
      await options.save();
      throw new AiprodError('bad-input', 'the file does not have the hash that it should have', {
        where: remote.url,
        expected: remote.sha256 ?? 'the hash that it had when it arrived',
        found: hashed.sha256,
        hint: 'It was removed; add the model again. If it happens again, do not trust the origin',
      });
    }
    return { path: remote.path, ...hashed, ...(remote.sha256 === undefined ? {} : { stated: true }), url: remote.url };
  }

  private async hashFile(
    tree: FileTree,
    path: string,
    signal: AbortSignal | undefined,
    report?: (bytes: number) => void,
  ): Promise<Pick<StoredFile, 'bytes' | 'sha256' | 'chunks'>> {
    const source = await tree.open(path);
    if (source === undefined) throw new AiprodError('bad-input', 'a file of the model is not there', { where: `${tree.name}/${path}` });
    try {
      const whole = this.files.createHash();
      const chunks: string[] = [];
      for (let at = 0; at < source.size; at += chunkBytes) {
        if (signal?.aborted === true) throw new AiprodError('cancelled', 'the work on the model was cancelled');
        const piece = await source.read(at, Math.min(chunkBytes, source.size - at));
        whole.update(piece);
        chunks.push(await sha256(piece));
        report?.(at + piece.length);
      }
      return { bytes: source.size, sha256: whole.hex(), chunks };
    } finally {
      await source.close?.();
    }
  }

  private async commit(manifest: ModelManifest): Promise<ModelManifest> {
    await this.writeManifest(manifest);
    await this.files.remove(`${manifest.name}/${progressFile}`);
    return manifest;
  }

  private writeManifest(manifest: ModelManifest): Promise<void> {
    return this.files.writeText(`${manifest.name}/${manifestFile}`, `${JSON.stringify(manifest, null, 1)}\n`);
  }

  private async readProgress(name: string): Promise<Progress | undefined> {
    const path = `${name}/${progressFile}`;
    const text = await this.files.readText(path);
    if (text === undefined) return undefined;
    try {
      return progressSchema.safeParse(parseStrictJson(text, `${this.files.name}/${path}`, { depth: 6, keys: 1_000_000 })).data;
    } catch (error) {
      // A damaged note is worth no more than none: the download begins anew.
      if (error instanceof AiprodError && error.code === 'bad-weights') return undefined;
      throw error;
    }
  }

  private writeProgress(name: string, progress: Progress): Promise<void> {
    return this.files.writeText(`${name}/${progressFile}`, JSON.stringify(progress));
  }

  private async requireFree(name: string): Promise<void> {
    const parsed = modelName.safeParse(name);
    if (!parsed.success) {
      throw new AiprodError('bad-usage', 'a model cannot have this name', {
        expected: parsed.error.issues[0].message,
        found: name,
        hint: 'Use --name',
      });
    }
    if ((await this.find(name)) === undefined) return;
    throw new AiprodError('bad-usage', `there is a model ${name} already`, {
      hint: `Choose another --name, or remove it first: aiprod models remove ${name}`,
    });
  }

  private async requireSpace(files: readonly RemoteFile[], have: (path: string) => number): Promise<void> {
    const needed = files.reduce((sum, { path, bytes = 0 }) => sum + Math.max(0, bytes - have(path)), 0);
    const free = await this.files.freeBytes();
    if (free === undefined || needed <= free) return;
    throw new AiprodError('storage-full', 'the model does not fit on the disk', {
      where: this.files.name,
      expected: `${needed} bytes free`,
      found: `${free} bytes`,
      hint: 'Free some space, or set AIPROD_MODELS to a folder on another disk',
    });
  }

  private async require(name: string): Promise<ModelManifest> {
    const manifest = await this.find(name);
    if (manifest === undefined) throw await this.noSuchModel(name);
    return manifest;
  }

  private async noSuchModel(name: string): Promise<AiprodError> {
    const names = (await this.list()).map((entry) => entry.name);
    return new AiprodError('bad-input', `there is no model ${name} in the store`, {
      where: this.files.name,
      found: names.length === 0 ? 'no models' : names.join(', '),
      hint: 'Add one with aiprod models add',
    });
  }
}
