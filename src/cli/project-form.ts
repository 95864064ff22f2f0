import { AiprodError } from '../errors';
import type { MediaLibrary } from '../pipelines';
import { keptForm } from '../project';
import { openProject } from '../project/node';
import type { JobFields } from './commands/generate-flags';

/** The job that the form of a project makes, and its files. */
export interface ProjectJob {
  readonly job: JobFields;
  /** Files by the names that the job has for them, wherever they lie; all others by their path. */
  media(onDisk: Required<MediaLibrary>): MediaLibrary;
  /** Removes what was unpacked. */
  close(): Promise<void>;
}

/**
 * Opens a project for what its form makes.
 * @param path an archive (`.aiprod`), a folder with `project.json`, or such a file
 * @throws AiprodError `bad-input` when it is no project, its form makes no job, or a file that the form names is missing
 */
export async function openProjectJob(path: string): Promise<ProjectJob> {
  const opened = await openProject(path);
  try {
    const { job, files } = keptForm(opened.project);
    if (job === undefined) {
      throw new AiprodError('bad-input', 'the form of this project makes no clip', {
        where: path,
        expected: 'a prompt, and settings that the model takes',
        hint: 'Open it in the studio, fill in the form until Generate can be pressed, and save it again',
      });
    }
    const paths = new Map<string, string>();
    for (const file of files) {
      const found = await opened.media(file);
      if ('missing' in found) {
        const what =
          found.missing === 'absent' ? 'a file that the clip is made from is missing' : 'a file is not the one that the form names';
        throw new AiprodError('bad-input', what, {
          ...{ where: path, expected: `${file.name} (${file.fingerprint})` },
          hint: 'Save the project as one file in the studio where its files are',
        });
      }
      paths.set(file.name, found.path);
    }
    return { job, media: (onDisk) => mediaUnder(onDisk, (name) => paths.get(name) ?? name), close: opened.close };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** A library whose files are called otherwise: recipes keep the names, which do not depend on where a file was unpacked. */
function mediaUnder(library: Required<MediaLibrary>, pathOf: (name: string) => string): MediaLibrary {
  return {
    facts: (name) => library.facts(pathOf(name)),
    soundFacts: (name) => library.soundFacts(pathOf(name)),
    sound: (name) => library.sound(pathOf(name)),
    open: (name) => library.open(pathOf(name)),
    compressImage: (image, crf) => library.compressImage(image, crf),
  };
}
