import { z } from 'zod';
import {
  editsSince,
  journalEntrySchema,
  readProjectValue,
  replayed,
  sequenceSchema,
  stepsAfter,
  undoStepSchema,
  unedited,
  type EditedSequence,
  type JournalEntry,
  type Project,
  type Sequence,
} from '../../project';
import type { StudioStorage } from '../storage/storage';

/**
 * A project between visits. Three kinds of documents: the project as it was at one place of its journal; the entries of the journal, a
 * document each, so that an edit writes little; and the steps of undo up to one place, so that earlier entries can go. They are written in
 * an order that a crash at any moment leaves readable: media before the edits that use them, the journal before what takes its place.
 */
const documents = {
  project: (id: string): string => `project/${id}`,
  about: (id: string): string => `project/${id}/about`,
  steps: (id: string): string => `project/${id}/steps`,
  entry: (id: string, place: number): string => `project/${id}/edits/${String(place).padStart(9, '0')}`,
};

const projectDocument = z.strictObject({ place: z.int().min(0), project: z.unknown() });
const stepsDocument = z.strictObject({ place: z.int().min(0), done: z.array(undoStepSchema), undone: z.array(undoStepSchema) });
const aboutDocument = z.strictObject({ name: z.string(), savedAt: z.number(), clips: z.int().min(0) });

/** A project without its sequence, as the studio holds it. */
export type ProjectFrame = Omit<Project, 'sequence'>;

/** What a list of projects says of one. */
export interface ProjectAbout {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  /** Clips that were made in it. */
  readonly clips: number;
}

/** A project as it was read. */
export interface LoadedProject {
  readonly project: ProjectFrame;
  readonly edited: EditedSequence;
  /** Of the next entry of the journal. */
  readonly place: number;
  /** Of the first entry that lies in storage. */
  readonly firstPlace: number;
  /** Whether steps of undo could not be read: the project itself is whole. */
  readonly lostSteps: boolean;
}

/** All projects that are kept, the one saved last first. One whose notes are damaged is listed by its id. */
export async function listProjects(storage: StudioStorage): Promise<ProjectAbout[]> {
  const names = await storage.listDocuments();
  const ids = names.map((name) => /^project\/([^/]+)$/.exec(name)?.[1]).filter((id) => id !== undefined);
  const found = await Promise.all(
    ids.map(async (id): Promise<ProjectAbout> => {
      const about = aboutDocument.safeParse(parsed(await storage.readDocument(documents.about(id))));
      return about.success ? { id, ...about.data } : { id, name: '', savedAt: 0, clips: 0 };
    }),
  );
  return found.toSorted((a, b) => b.savedAt - a.savedAt);
}

/**
 * Reads a project that was kept; undefined where there is none.
 * @throws AiprodError `bad-input` when it is damaged or of a newer version
 */
export async function loadProject(storage: StudioStorage, id: string): Promise<LoadedProject | undefined> {
  const text = await storage.readDocument(documents.project(id));
  if (text === undefined) return undefined;
  const { place, project: value } = projectDocument.parse(parsed(text));
  const { sequence, ...project } = readProjectValue(value, id).project;
  const kept = stepsDocument.safeParse(parsed(await storage.readDocument(documents.steps(id))));
  const steps = kept.success ? kept.data : { place: 0, done: [], undone: [] };
  const entries = await readEntries(storage, id, steps.place);
  return { project, ...restored({ ...unedited(sequence), ...{ done: steps.done, undone: steps.undone } }, steps.place, entries, place) };
}

/** Puts together steps of undo, journal and sequence. What is damaged ends there: the sequence is always one that was. */
function restored(
  start: EditedSequence,
  firstPlace: number,
  entries: readonly (JournalEntry | undefined)[],
  place: number,
): Omit<LoadedProject, 'project'> {
  const end = Math.max(place, firstPlace + entries.length);
  const lost = (sequence: Sequence): Omit<LoadedProject, 'project'> => ({
    ...{ edited: unedited(sequence), place: end, firstPlace, lostSteps: true },
  });
  if (firstPlace + entries.length < place) return lost(start.sequence);
  let state = start;
  for (const [number, entry] of entries.entries()) {
    const next = entry === undefined ? undefined : follow(state, entry, firstPlace + number < place);
    // Later entries cannot be applied without those before them.
    if (next === undefined) return lost(state.sequence);
    state = next;
  }
  const isWhole = state.sequence === start.sequence || sequenceSchema.safeParse(state.sequence).success;
  return isWhole ? { edited: state, place: end, firstPlace, lostSteps: false } : lost(start.sequence);
}

/** An entry before the project's place is in its sequence already: only its steps are taken. */
function follow(state: EditedSequence, entry: JournalEntry, stepsOnly: boolean): EditedSequence | undefined {
  try {
    return stepsOnly ? { sequence: state.sequence, ...stepsAfter(state, entry) } : replayed(state, entry);
  } catch {
    return undefined;
  }
}

/** Entries from a place on, up to the first that is not there. */
async function readEntries(storage: StudioStorage, id: string, from: number): Promise<(JournalEntry | undefined)[]> {
  const entries: (JournalEntry | undefined)[] = [];
  for (;;) {
    const text = await storage.readDocument(documents.entry(id, from + entries.length));
    if (text === undefined) return entries;
    const entry = journalEntrySchema.safeParse(parsed(text));
    entries.push(entry.success ? entry.data : undefined);
  }
}

/** Removes a project; files that it uses stay, for others may use them. */
export async function removeProject(storage: StudioStorage, id: string): Promise<void> {
  // First what makes it one: a crash in between leaves parts that no list shows.
  await storage.removeDocument(documents.project(id));
  const names = await storage.listDocuments();
  await Promise.all(names.filter((name) => name.startsWith(`project/${id}/`)).map((name) => storage.removeDocument(name)));
}

/** Entries after which the journal is put into the project. */
const longestJournal = 64;

/** Keeps one project as it changes. Saves one after the other. */
export class ProjectWriter {
  private journaled: EditedSequence | undefined;
  private written: ProjectFrame | undefined;
  private place = 0;
  /** Of the first entry that lies in storage. */
  private firstEntry = 0;

  constructor(
    private readonly storage: StudioStorage,
    readonly id: string,
    loaded?: LoadedProject,
    private readonly now: () => number = Date.now,
  ) {
    if (loaded === undefined) return;
    this.journaled = loaded.edited;
    this.written = loaded.project;
    this.place = loaded.place;
    // Steps that could not be read are put right with the next save.
    this.firstEntry = loaded.lostSteps ? loaded.place - longestJournal : loaded.firstPlace;
  }

  /** Whether a project is kept as it is now. */
  isSaved(project: ProjectFrame, edited: EditedSequence): boolean {
    return this.written === project && this.journaled !== undefined && editsSince(this.journaled, edited) === undefined;
  }

  /** @throws AiprodError `unwritable-output`; what was kept before stays, and the next save tries again */
  async save(project: ProjectFrame, edited: EditedSequence): Promise<void> {
    if (this.journaled === undefined) await this.begin(project, edited);
    else await this.goOn(this.journaled, project, edited);
    const { name, generations } = project;
    const about: z.input<typeof aboutDocument> = { name, savedAt: this.now(), clips: generations.length };
    await this.storage.writeDocument(documents.about(this.id), JSON.stringify(about));
  }

  private async begin(project: ProjectFrame, edited: EditedSequence): Promise<void> {
    await this.writeSteps(edited);
    await this.writeProject(project, edited);
    this.journaled = edited;
  }

  private async goOn(journaled: EditedSequence, project: ProjectFrame, edited: EditedSequence): Promise<void> {
    if (project !== this.written) await this.writeProject(project, journaled);
    const entry = editsSince(journaled, edited);
    if (entry !== undefined) {
      await this.storage.writeDocument(documents.entry(this.id, this.place), JSON.stringify(entry));
      this.journaled = edited;
      this.place++;
    }
    if (this.place - this.firstEntry >= longestJournal) await this.compact(project, edited);
  }

  private async compact(project: ProjectFrame, edited: EditedSequence): Promise<void> {
    await this.writeProject(project, edited);
    await this.writeSteps(edited);
    const names = await this.storage.listDocuments();
    const old = names.filter(
      (name) => name.startsWith(documents.entry(this.id, 0).slice(0, -9)) && name < documents.entry(this.id, this.place),
    );
    await Promise.all(old.map((name) => this.storage.removeDocument(name)));
    this.firstEntry = this.place;
  }

  private async writeProject(project: ProjectFrame, { sequence }: EditedSequence): Promise<void> {
    const saved: Project = { ...project, savedAt: this.now(), sequence };
    await this.storage.writeDocument(documents.project(this.id), JSON.stringify({ place: this.place, project: saved }));
    this.written = project;
  }

  private async writeSteps({ done, undone }: EditedSequence): Promise<void> {
    await this.storage.writeDocument(documents.steps(this.id), JSON.stringify({ place: this.place, done, undone }));
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
