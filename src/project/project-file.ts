import { AiprodError } from '../errors';
import { isMapping, migrateDocument, type Migration, type Settings } from '../config/web';
import type { Clip } from './sequence/clip';
import { projectSchema, type Project } from './project';

/**
 * What brings projects of earlier versions to the next one, in order: the first takes version 1 to 2. Whoever changes the format so that
 * files of before are no longer read adds one here, counts `projectVersion` up, and keeps a file of the version before in `fixtures/`.
 */
export const projectMigrations: readonly Migration[] = [];

/** A project as it was read. */
export interface ProjectReading {
  readonly project: Project;
  /** For people: what was changed to read it. */
  readonly notes: readonly string[];
}

/** Longest text of a project, in characters: 10,000 clips with keyframes take a tenth of it. */
const longestText = 256 * 1024 * 1024;

/**
 * Reads a project from its JSON text. Files that it names may be missing: see `mediaOfSequence`.
 * @param where for messages
 * @throws AiprodError `bad-input` when it is no project, is damaged, or is of a newer version
 */
export function readProject(text: string, where = 'the project'): ProjectReading {
  if (text.length > longestText) throw notAProject(where, `${text.length} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notAProject(where, cause instanceof Error ? cause.message : String(cause));
  }
  return readProjectValue(value, where);
}

/** Reads a project from its JSON value; otherwise as `readProject`. */
export function readProjectValue(value: unknown, where = 'the project'): ProjectReading {
  if (isMapping(value) && value.format === 'aiprod-project') return readMigrated(value, where, projectMigrations);
  throw notAProject(where, 'another kind of file');
}

function notAProject(where: string, found: string): AiprodError {
  return new AiprodError('bad-input', 'this is not a project of AIPROD Studio', { where, expected: 'a project file', found });
}

function readMigrated(value: Settings, where: string, migrations: readonly Migration[]): ProjectReading {
  const { values, notes } = migrateDocument(value, migrations, {
    ...{ name: 'project', where, hint: 'It was made by a newer AIPROD Studio: update this one to open it' },
  });
  const parsed = projectSchema.safeParse(values);
  if (parsed.success) return { project: parsed.data, notes };
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-input', `the project is not valid at ${issue.path.join('.') || 'its top level'}: ${issue.message}`, {
    where,
    hint: 'Open an earlier copy of it',
  });
}

/** The project's text, as files and archives hold it. */
export const writeProject = (project: Project): string => `${JSON.stringify(project, null, 1)}\n`;

/** Ids of media that clips and effects use; some may not be among the project's media, which leaves the rest usable. */
export function mediaOfSequence({ sequence }: Pick<Project, 'sequence'>): ReadonlySet<string> {
  const used = new Set<string>();
  for (const clip of sequence.tracks.flatMap(({ clips }): readonly Clip[] => clips)) {
    if (clip.kind !== 'title') used.add(clip.media);
    if (clip.kind !== 'sound') for (const { lut } of clip.effects) if (lut !== undefined) used.add(lut);
  }
  return used;
}
