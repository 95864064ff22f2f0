import type { EditorConnection } from '../../../workers';
import type { MediaItem } from '../../project';
import type { StudioStorage } from '../storage/storage';
import type { ConversionState } from '../convert/conversion-state';
import type { ProjectState } from './project-state';

/** The worker that decodes and draws what is edited, and the files it was given. */
export interface EditorState {
  /** Media of the project whose files are not there; everything else works. */
  readonly missingMedia: readonly string[];

  /** The worker, started when it is first asked for. */
  editor(): EditorConnection;
  /**
   * Takes a file into the project: it is looked into, kept for the next visit, and given to the worker. One whose content is there already
   * gives the item that it has. A file that has to be converted before keeps its name.
   * @throws AiprodError `bad-input`, `codec-unavailable`, `unwritable-output`
   */
  importFile(file: File): Promise<MediaItem>;
  /** Gives the worker the files of the project that it does not have yet. */
  openMedia(): Promise<void>;
}

export interface EditorActionsOptions {
  readonly connect: () => EditorConnection;
  readonly storage: StudioStorage;
  readonly get: () => EditorState & ProjectState & Pick<ConversionState, 'readOrConvert'>;
  readonly set: (change: Partial<EditorState>) => void;
  readonly newId: () => string;
  /** Hears of a file that was kept. */
  readonly keptFile: () => void;
}

/** @returns the state, and what ends the worker */
export function editorActions({ connect, storage, get, set, newId, keptFile }: EditorActionsOptions): readonly [EditorState, () => void] {
  let connection: EditorConnection | undefined;
  /** Ids of the media that the worker has, or is being given. */
  const given = new Map<string, Promise<void>>();

  const editor = (): EditorConnection => (connection ??= connect());

  const give = (id: string, file: Blob): Promise<void> => {
    const giving = editor().addMedia(id, file);
    given.set(id, giving);
    // Whoever asked is told; the next one tries again.
    giving.catch(() => given.delete(id));
    return giving;
  };

  const state: EditorState = {
    missingMedia: [],
    editor,
    async importFile(given) {
      const { name } = given;
      const [file, facts] = await get().readOrConvert(given, (own) => editor().describe(own, name));
      await storage.addFile(facts.fingerprint, file);
      keptFile();
      const item = get().addMedia({ id: newId(), name, ...facts });
      await give(item.id, file);
      set({ missingMedia: get().missingMedia.filter((id) => id !== item.id) });
      return item;
    },
    async openMedia() {
      const missing: string[] = [];
      for (const { id, fingerprint } of get().project.media) {
        const giving = given.get(id);
        if (giving !== undefined) {
          await giving;
          continue;
        }
        const file = await storage.file(fingerprint);
        if (file === undefined) missing.push(id);
        else await give(id, file);
      }
      if (missing.join() !== get().missingMedia.join()) set({ missingMedia: missing });
    },
  };
  const close = (): void => {
    connection?.close();
    connection = undefined;
    given.clear();
  };
  return [state, close];
}
