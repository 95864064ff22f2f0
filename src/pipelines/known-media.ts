import { AiprodError } from '../errors';
import type { KnownMedia } from './job';
import type { MediaFacts, MediaLibrary } from './nodes/load-media';

/**
 * What is known of the files that a job names; every file is looked at once.
 * @param files images and videos
 * @param sounds files whose sound is used, whether their pictures are too or not
 */
export async function knownMedia(
  files: readonly string[],
  media: MediaLibrary | undefined,
  sounds: readonly string[] = [],
): Promise<KnownMedia> {
  const known = new Map<string, MediaFacts>();
  for (const file of files) known.set(file, await libraryFor(file, media).facts(file));
  for (const file of sounds) {
    const library = libraryFor(file, media);
    // Pictures without a container of their own have no sound.
    const isPicture = known.get(file)?.frameRate === null;
    const facts = isPicture || library.soundFacts === undefined ? undefined : await library.soundFacts(file);
    const sound = facts?.sound ?? null;
    known.set(file, { ...(known.get(file) ?? facts ?? (await library.facts(file))), sound });
  }
  return known;
}

function libraryFor(file: string, media: MediaLibrary | undefined): MediaLibrary {
  if (media !== undefined) return media;
  throw new AiprodError('bad-usage', 'jobs that name files cannot be run here', {
    where: file,
    hint: 'Use a job without images and videos, or the command line',
  });
}
