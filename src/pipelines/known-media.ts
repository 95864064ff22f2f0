import { AiprodError } from '../errors';
import type { KnownMedia } from './job';
import type { MediaFacts, MediaLibrary } from './nodes/load-media';

/** What is known of the files that a job names; every file is looked at once. */
export async function knownMedia(files: readonly string[], media: MediaLibrary | undefined): Promise<KnownMedia> {
  const known = new Map<string, MediaFacts>();
  for (const file of files) {
    if (media === undefined) {
      throw new AiprodError('bad-usage', 'jobs that name files cannot be run here', {
        where: file,
        hint: 'Use a job without images and videos, or the command line',
      });
    }
    known.set(file, await media.facts(file));
  }
  return known;
}
