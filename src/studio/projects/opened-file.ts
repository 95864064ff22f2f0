import {
  archiveExtension,
  filesOfProject,
  openProjectArchive,
  readProject,
  writeProjectArchive,
  zipBlob,
  type Project,
  type ProjectFile,
  type ProjectReading,
} from '../../project';
import { blobSource } from '../../weights';
import type { StudioStorage } from '../storage/storage';
import { fingerprintOf } from './file-content';
import { fileStem } from './project-names';
import { saveFile } from './save-file';

/** A project out of a file, with the files that it brought. */
export interface OpenedFile extends ProjectReading {
  /** Files that have another content than the project says. */
  readonly damaged: readonly ProjectFile[];
}

/**
 * Reads a project from a file, an archive or its JSON, and keeps the media that an archive brings.
 * @throws AiprodError `bad-input` for anything else, `unwritable-output` when there is no room for its media
 */
export async function openProjectFile(file: Blob, name: string, storage: StudioStorage): Promise<OpenedFile> {
  if (!(await isArchive(file))) return { ...readProject(await file.text(), name), damaged: [] };
  const { media, ...reading } = await openProjectArchive(blobSource(file, name));
  const damaged: ProjectFile[] = [];
  for (const item of filesOfProject(reading.project)) {
    const packed = media(item);
    if (packed === undefined) continue;
    const content = await blobOf(packed.bytes());
    if (content.size === item.bytes && (await fingerprintOf(content)) === item.fingerprint)
      await storage.addFile(item.fingerprint, content);
    else damaged.push(item);
  }
  return { ...reading, damaged };
}

async function isArchive(file: Blob): Promise<boolean> {
  const start = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  return start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4;
}

/** A blob of pieces; browsers keep large ones on disk. */
async function blobOf(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<Blob> {
  const parts: Blob[] = [];
  // A blob of each piece, so that none of them has to stay in memory.
  for await (const piece of pieces) parts.push(new Blob([piece]));
  return new Blob(parts);
}

/** A project under an id of its own; files lie where this studio keeps them. */
export function adopted(project: Project, id: string): Project {
  return { ...project, id, media: project.media.map(({ path: _, ...item }) => item) };
}

/** Writes a project with its files into one file, where the person says. */
export async function saveProjectFile(project: Project, storage: StudioStorage): Promise<void> {
  const pieces = writeProjectArchive(project, async ({ fingerprint }) => {
    const file = await storage.file(fingerprint);
    return file === undefined ? undefined : zipBlob(file);
  });
  await saveFile(`${fileStem(project.name)}${archiveExtension}`, 'application/zip', archiveExtension, pieces);
}
