import type { StudioStorage } from '../storage/storage';
import { fingerprintOf } from './file-content';
import type { LibrarySurroundings } from './library-state';

/**
 * Gives files back to media that miss theirs, by their content. Loaded with the first files that are chosen for that.
 * @returns how many media have their file again
 */
export async function relinkMedia(
  files: readonly File[],
  {
    get,
    set,
    storage,
  }: {
    readonly get: () => Pick<LibrarySurroundings, 'project' | 'missingMedia'>;
    readonly set: (change: Partial<Pick<LibrarySurroundings, 'missingMedia'>>) => void;
    readonly storage: StudioStorage;
  },
): Promise<number> {
  const { project } = get();
  let given = 0;
  for (const file of files) {
    const wanted = project.media.filter((item) => item.bytes === file.size && get().missingMedia.includes(item.id));
    if (wanted.length === 0) continue;
    const fingerprint = await fingerprintOf(file);
    const ids = wanted.filter((item) => item.fingerprint === fingerprint).map(({ id }) => id);
    if (ids.length === 0) continue;
    await storage.addFile(fingerprint, file);
    given += ids.length;
    set({ missingMedia: get().missingMedia.filter((id) => !ids.includes(id)) });
  }
  return given;
}
