import { AiprodError } from '../../errors';
import { joinedBytes } from '../../numeric/joined';
import type { ByteSource } from '../../weights/web';
import { filesOfProject, type ProjectFile } from '../kept-form';
import type { MediaItem } from '../media-item';
import type { Project } from '../project';
import { readProject, writeProject, type ProjectReading } from '../project-file';
import { readZip, readZipEntry, type ZipEntry } from './zip-reader';
import { writeZip, type ZipInput } from './zip-writer';

/** Ending of the names of archives: a project and its media in one file. */
export const archiveExtension = '.aiprod';
/** The project inside an archive, and inside a folder. */
export const projectFileName = 'project.json';

/** A project's archive, opened. */
export interface ProjectArchive extends ProjectReading {
  /** Bytes of a file of the project as they lie in the archive; undefined where it holds none. Not compared with the fingerprint. */
  media(item: Pick<ProjectFile, 'fingerprint'>): ArchivedMedia | undefined;
}

export interface ArchivedMedia {
  readonly size: number;
  bytes(): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** Longest project.json, in bytes. */
const largestProject = 256 * 1024 * 1024;

/**
 * Opens an archive: a ZIP file with `project.json`, and media by fingerprint in `media/`. Other files in it are left alone.
 * @throws AiprodError `bad-input` when it is damaged, or holds no project
 */
export async function openProjectArchive(source: ByteSource): Promise<ProjectArchive> {
  const entries = new Map((await readZip(source)).map((entry) => [entry.path, entry]));
  const file = entries.get(projectFileName);
  if (file === undefined) {
    throw new AiprodError('bad-input', 'the archive holds no project', { where: source.name, expected: projectFileName });
  }
  const reading = readProject(await text(source, file), `${source.name}/${projectFileName}`);
  const byName = new Map(Array.from(entries.values(), (entry) => [entry.path.replace(/\.[^./]*$/, ''), entry]));
  return {
    ...reading,
    media(item) {
      const entry = byName.get(`media/${fileStem(item)}`);
      return entry === undefined ? undefined : { size: entry.size, bytes: () => readZipEntry(source, entry) };
    },
  };
}

async function text(source: ByteSource, entry: ZipEntry): Promise<string> {
  if (entry.size > largestProject) {
    throw new AiprodError('bad-input', 'the project is too long', { where: source.name, found: `${entry.size} bytes` });
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of readZipEntry(source, entry)) pieces.push(piece);
  return new TextDecoder().decode(joinedBytes(pieces));
}

/** Where a file of a project lies beside its `project.json`, in folders and archives alike. */
export function mediaPath(item: Pick<MediaItem, 'fingerprint' | 'name'>): string {
  const [extension = ''] = /\.[a-z0-9]{1,8}$/i.exec(item.name) ?? [];
  return `media/${fileStem(item)}${extension.toLowerCase()}`;
}

const fileStem = ({ fingerprint }: Pick<MediaItem, 'fingerprint'>): string => fingerprint.replace(':', '-');

/**
 * The bytes of a project's archive, piece by piece. Files that are missing are left out, and can be given later.
 * @param media a file of the project; undefined where it is missing
 */
export async function* writeProjectArchive(
  project: Project,
  media: (file: ProjectFile) => Promise<Omit<ZipInput, 'path'> | undefined>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const files = new Map<string, { readonly item: ProjectFile; readonly content: Omit<ZipInput, 'path'> }>();
  for (const item of filesOfProject(project)) {
    const content = await media(item);
    if (content !== undefined) files.set(item.fingerprint, { item, content });
  }
  const placed = project.media.map((item): MediaItem => {
    const { path: _, ...rest } = item;
    return files.has(item.fingerprint) ? { ...rest, path: mediaPath(item) } : rest;
  });
  const json = new TextEncoder().encode(writeProject({ ...project, media: placed }));
  yield* writeZip([
    { path: projectFileName, size: json.length, bytes: () => once(json) },
    ...Array.from(files.values(), ({ item, content }): ZipInput => ({ ...content, path: mediaPath(item) })),
  ]);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** A blob as a file of an archive. */
export function zipBlob(blob: Blob): Omit<ZipInput, 'path'> {
  return {
    size: blob.size,
    async *bytes() {
      const reader = blob.stream().getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
    },
  };
}
