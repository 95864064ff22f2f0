/** Projects for tests. */
import { emptyProject, type Project } from './project';
import type { MediaItem } from './media-item';
import { clipSchema } from './sequence/clip';
import { sha256 } from '../numeric/sha256';

/** A file of `text`, as media of a project. */
export async function mediaOf(id: string, name: string, text: string): Promise<MediaItem> {
  const bytes = new TextEncoder().encode(text);
  return { id, name, kind: 'video', fingerprint: `sha256:${await sha256(bytes)}`, bytes: bytes.length };
}

/** A project with a clip of each of its media, one after the other. */
export function projectOf(media: readonly MediaItem[]): Project {
  const project = emptyProject('p1', 'A walk', { width: 640, height: 360, rate: { numerator: 30_000, denominator: 1001 } });
  const clips = media.map(({ id }, at) => clipSchema.parse({ kind: 'picture', id: `c-${id}`, media: id, start: at * 10, duration: 10 }));
  const [pictures, sounds] = project.sequence.tracks;
  return {
    ...project,
    media: [...media],
    sequence: { ...project.sequence, tracks: pictures.kind === 'video' ? [{ ...pictures, clips }, sounds] : [pictures, sounds] },
  };
}
