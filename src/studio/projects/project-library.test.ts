import { describe, expect, it, vi } from 'vitest';
import { clipSchema, writeProject, writeProjectArchive, zipBlob, emptyProject, type MediaItem, type Project } from '../../project';
import { sha256 } from '../../numeric/sha256';
import { AiprodError } from '../../errors';
import { memoryStorage, type StudioStorage } from '../storage/storage';
import type { TabLocks } from '../storage/tab-locks';
import { createStudioStore, type StudioStore } from '../state/studio-store';

/** Locks that the tabs of one browser share. */
function sharedLocks(): () => TabLocks {
  const held = new Map<string, () => void>();
  return () => ({
    take(name, { steal = false, onLost }) {
      const other = held.get(name);
      if (other !== undefined && !steal) return Promise.resolve(undefined);
      other?.();
      const lost = (): void => onLost();
      held.set(name, lost);
      return Promise.resolve(async () => {
        if (held.get(name) === lost) held.delete(name);
      });
    },
  });
}

const none = (): never => {
  throw new Error('no worker in this test');
};

/** A tab without WebGPU, in which projects are edited all the same. */
async function openTab(storage: StudioStorage, locks: TabLocks): Promise<{ store: StudioStore; close: () => void }> {
  let ids = 0;
  const tab = Math.random().toString(36).slice(2);
  const store = createStudioStore({
    ...{ connect: none, connectEditor: none, storage, locks, newId: () => `${tab}-${ids++}` },
    missing: { code: 'missing-feature', words: 'no-webgpu', report: '' },
  });
  const close = store.open();
  const settled = (): boolean => store.getState().saving.status !== 'untouched';
  await vi.waitFor(async () => expect(settled() || (await storage.readDocument('last-project')) === undefined).toBe(true));
  return { store, close };
}

function addTitle(store: StudioStore, id: string): void {
  store.getState().change({ key: 'add' }, ({ tracks: [track] }) => {
    const start = track.clips.length * 10;
    const clip = clipSchema.parse({ kind: 'title', id, start, duration: 10, title: { text: id } });
    if (track.kind === 'video' && clip.kind === 'title') track.clips.push(clip);
  });
}

const titles = (store: StudioStore): string[] => store.getState().edited.sequence.tracks[0].clips.map(({ id }) => id);
// A processor that is shared is slow.
const isSaved = (store: StudioStore): Promise<void> =>
  vi.waitFor(() => expect(store.getState().saving.status).toBe('saved'), { timeout: 10_000 });

describe('the projects of a studio', () => {
  it('are kept by themselves, and opened on the next visit with what can be undone', async () => {
    const storage = memoryStorage();
    const locks = sharedLocks();
    const first = await openTab(storage, locks());
    expect(await storage.listDocuments()).toEqual([]);
    addTitle(first.store, 'a');
    addTitle(first.store, 'b');
    first.store.getState().renameProject('Kite');
    first.store.getState().edit({ prompt: 'a kite' });
    expect(first.store.getState().saving.status).toBe('pending');
    await isSaved(first.store);
    first.store.getState().undo();
    first.close();
    const second = await openTab(storage, locks());
    expect(second.store.getState()).toMatchObject({ project: { name: 'Kite' }, draft: { prompt: 'a kite' }, saving: { status: 'saved' } });
    expect(titles(second.store)).toEqual(['a']);
    second.store.getState().redo();
    expect(titles(second.store)).toEqual(['a', 'b']);
    second.close();
  });

  it('that another tab has go to a copy when they are changed, and can be taken over', async () => {
    const storage = memoryStorage();
    const locks = sharedLocks();
    const first = await openTab(storage, locks());
    addTitle(first.store, 'a');
    first.store.getState().renameProject('Kite');
    await isSaved(first.store);
    const second = await openTab(storage, locks());
    expect(second.store.getState().saving.status).toBe('elsewhere');
    expect(titles(second.store)).toEqual(['a']);
    second.store.getState().edit({ prompt: 'only typed' });
    expect(second.store.getState().saving.status).toBe('elsewhere');
    addTitle(second.store, 'b');
    expect(second.store.getState().saving.status).toBe('pending');
    await second.store.getState().saveNow();
    expect(second.store.getState()).toMatchObject({ project: { name: 'Kite (2)' }, saving: { status: 'saved' } });
    expect(second.store.getState().project.id).not.toBe(first.store.getState().project.id);
    expect(titles(first.store)).toEqual(['a']);
    const third = await openTab(storage, locks());
    await third.store.getState().openSavedProject(first.store.getState().project.id);
    expect(third.store.getState().saving.status).toBe('elsewhere');
    await third.store.getState().takeProject();
    expect(third.store.getState()).toMatchObject({ project: { name: 'Kite' }, saving: { status: 'saved' } });
    expect(first.store.getState().saving.status).toBe('elsewhere');
    for (const { close } of [first, second, third]) close();
  });

  it('are kept as they are when a program puts another at hand, however late they were changed', async () => {
    const storage = memoryStorage();
    const locks = sharedLocks();
    const { store, close } = await openTab(storage, locks());
    const state = store.getState;
    const placed = (id: string): Project => emptyProject(id, id, { width: 64, height: 64, rate: { numerator: 24, denominator: 1 } });
    addTitle(store, 'a');
    state().renameProject('Kite');
    await isSaved(store);
    const { id } = state().project;
    addTitle(store, 'b');
    // While that is being saved.
    void state().saveNow();
    addTitle(store, 'c');
    state().edit({ prompt: 'typed last' });
    state().placeProject(placed('host'));
    addTitle(store, 'd');
    state().placeProject(placed('next'));
    expect(titles(store)).toEqual([]);
    await isSaved(store);
    expect(state().project.id).toBe('next');
    await state().openSavedProject('host');
    expect(titles(store)).toEqual(['d']);
    await state().openSavedProject(id);
    expect(titles(store)).toEqual(['a', 'b', 'c']);
    expect(state()).toMatchObject({ project: { name: 'Kite' }, draft: { prompt: 'typed last' } });
    // Where another tab has it, to a copy.
    const second = await openTab(storage, locks());
    expect(second.store.getState().saving.status).toBe('elsewhere');
    addTitle(second.store, 'e');
    second.store.getState().placeProject(placed('third'));
    await isSaved(second.store);
    const copy = second.store.getState().savedProjects.find(({ name }) => name === 'Kite (2)');
    await second.store.getState().openSavedProject(copy?.id ?? '');
    expect(titles(second.store)).toEqual(['a', 'b', 'c', 'e']);
    expect(titles(store)).toEqual(['a', 'b', 'c']);
    for (const end of [second.close, close]) end();
  });

  it('say what of a project could not be kept when a program puts another at hand', async () => {
    const inner = memoryStorage();
    let full = false;
    const refuse = (): Promise<never> => Promise.reject(new AiprodError('storage-full', 'there is no room left'));
    const storage: StudioStorage = { ...inner, writeDocument: (name, text) => (full ? refuse() : inner.writeDocument(name, text)) };
    const { store, close } = await openTab(storage, sharedLocks()());
    addTitle(store, 'a');
    full = true;
    store.getState().placeProject(emptyProject('host', '', { width: 64, height: 64, rate: { numerator: 24, denominator: 1 } }));
    await vi.waitFor(() => expect(store.getState().projectProblem).toMatchObject({ code: 'storage-full' }));
    close();
  });

  it('say when there is no room, and are kept once there is', async () => {
    let full = true;
    const inner = memoryStorage();
    const refuse = (): Promise<never> => Promise.reject(new AiprodError('unwritable-output', 'there is no room left'));
    const storage: StudioStorage = { ...inner, writeDocument: (name, text) => (full ? refuse() : inner.writeDocument(name, text)) };
    const { store, close } = await openTab(storage, sharedLocks()());
    addTitle(store, 'a');
    await store.getState().saveNow();
    expect(store.getState().saving).toMatchObject({ status: 'failed', problem: { code: 'unwritable-output' } });
    full = false;
    await store.getState().saveNow();
    expect(store.getState().saving.status).toBe('saved');
    close();
  });

  it('are begun, copied, deleted and listed', async () => {
    const storage = memoryStorage();
    const { store, close } = await openTab(storage, sharedLocks()());
    const state = store.getState;
    addTitle(store, 'a');
    state().renameProject('One');
    await isSaved(store);
    const one = state().project.id;
    await state().duplicateProject();
    expect(state().project.name).toBe('One (2)');
    addTitle(store, 'b');
    await state().newProject();
    expect(titles(store)).toEqual([]);
    expect(
      state()
        .savedProjects.map(({ name }) => name)
        .toSorted(),
    ).toEqual(['One', 'One (2)']);
    await state().openSavedProject(one);
    expect(titles(store)).toEqual(['a']);
    await state().deleteProject(one);
    expect(state().project.id).not.toBe(one);
    expect(state().savedProjects.map(({ name }) => name)).toEqual(['One (2)']);
    close();
  });

  it('are opened from files, which may lack media that is found again by its content', async () => {
    const storage = memoryStorage();
    const { store, close } = await openTab(storage, sharedLocks()());
    const content = new Blob(['a file of the project']);
    const fingerprint = `sha256:${await sha256(new Uint8Array(await content.arrayBuffer()))}`;
    const item: MediaItem = { id: 'm', name: 'a.mp4', kind: 'video', fingerprint, bytes: content.size, path: 'media/a.mp4' };
    const project: Project = {
      ...emptyProject('p', '', { width: 64, height: 64, rate: { numerator: 24, denominator: 1 } }),
      media: [item],
    };
    await store.getState().openProjectFile(new Blob([writeProject(project)]), 'Walk.json');
    expect(store.getState()).toMatchObject({ project: { name: 'Walk' }, missingMedia: ['m'], saving: { status: 'saved' } });
    expect(store.getState().project.media[0].path).toBeUndefined();
    const other = new File(['b file of the project'], 'b.mp4');
    expect(await store.getState().relinkMedia([other])).toBe(0);
    expect(await store.getState().relinkMedia([other, new File([content], 'renamed.mp4')])).toBe(1);
    expect(store.getState().missingMedia).toEqual([]);

    const parts: BlobPart[] = [];
    for await (const piece of writeProjectArchive(project, async () => zipBlob(content))) parts.push(piece);
    await storage.removeFile(fingerprint);
    const id = store.getState().project.id;
    await store.getState().openProjectFile(new Blob(parts), 'Walk.aiprod');
    expect(store.getState()).toMatchObject({ project: { name: 'Walk' }, missingMedia: [] });
    expect(store.getState().project.id).not.toBe(id);
    expect(await (await storage.file(fingerprint))?.text()).toBe('a file of the project');
    await store.getState().openProjectFile(new Blob(['no project']), 'x.aiprod');
    expect(store.getState().projectProblem).toMatchObject({ code: 'bad-input' });
    expect(store.getState().project.name).toBe('Walk');
    close();
  });
});
