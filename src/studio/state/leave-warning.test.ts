import { describe, expect, it, vi } from 'vitest';
import { AiprodError } from '../../errors';
import { memoryStorage, type StudioStorage } from '../storage/storage';
import { warnBeforeLeaving } from './leave-warning';
import { clipOf, opened } from './testing';

/** A page that says whether the browser would ask before it is left. */
function watched() {
  const page = new EventTarget();
  return {
    page: { addEventListener: page.addEventListener.bind(page), removeEventListener: page.removeEventListener.bind(page) },
    asks: (): boolean => !page.dispatchEvent(new Event('beforeunload', { cancelable: true })),
  };
}

/** Storage that lasts, whose files wait until the test lets them in. */
function slowStorage() {
  const inner = memoryStorage();
  let letIn = (): void => undefined;
  const open = new Promise<void>((resolve) => (letIn = resolve));
  const storage: StudioStorage = {
    ...inner,
    lasting: async () => true,
    addFile: async (fingerprint, content) => {
      await open;
      await inner.addFile(fingerprint, content);
    },
  };
  return { storage, letIn };
}

describe('before the page is left', () => {
  it('the browser asks from the start of a run until its clip is kept, and not after', async () => {
    const { storage, letIn } = slowStorage();
    const { store, jobs, answers, close } = await opened({ storage });
    const { page, asks } = watched();
    const end = warnBeforeLeaving(store, true, page);
    await store.getState().saveNow();
    expect(asks()).toBe(false);
    const run = store.getState().generate();
    expect(asks()).toBe(true);
    answers[0].resolve(clipOf(jobs[0]));
    await run;
    expect(store.getState()).toMatchObject({ run: { status: 'idle' }, clips: [{ number: 1 }] });
    // What the form says is kept already: it is the clip that is not.
    await vi.waitFor(() => expect(store.getState().saving.status).toBe('saved'));
    expect(asks()).toBe(true);
    letIn();
    await vi.waitFor(() => expect(store.getState().clipsToKeep).toBe(0));
    await vi.waitFor(() => expect(asks()).toBe(false));
    expect(await storage.readDocument(`project/${store.getState().project.id}`)).toMatch(/"generations":\[\{/);
    end();
    close();
  });

  it('it asks while edits are not kept, or cannot be, and not once they are', async () => {
    const inner = { ...memoryStorage(), lasting: async () => true };
    let full = true;
    const refuse = (): Promise<never> => Promise.reject(new AiprodError('storage-full', 'there is no room left'));
    const storage: StudioStorage = { ...inner, writeDocument: (name, text) => (full ? refuse() : inner.writeDocument(name, text)) };
    const { store, close } = await opened({ storage });
    const { page, asks } = watched();
    const end = warnBeforeLeaving(store, true, page);
    store.getState().renameProject('Kite');
    expect(store.getState().saving.status).toBe('pending');
    expect(asks()).toBe(true);
    await store.getState().saveNow();
    expect(store.getState().saving.status).toBe('failed');
    expect(asks()).toBe(true);
    full = false;
    await store.getState().saveNow();
    expect(asks()).toBe(false);
    store.getState().renameProject('Dragon');
    expect(asks()).toBe(true);
    end();
    expect(asks()).toBe(false);
    close();
  });

  it('it asks while a file is converted, and not while that is only offered', async () => {
    const { store, close } = await opened();
    const { page, asks } = watched();
    const end = warnBeforeLeaving(store, false, page);
    const about = { name: 'holiday.avi', bytes: 1000 };
    store.setState({ conversion: { ...about, status: 'offered', format: 'AVI', converterBytes: undefined } });
    expect(asks()).toBe(false);
    store.setState({ conversion: { ...about, status: 'converting', part: 0.5 } });
    expect(asks()).toBe(true);
    store.setState({ conversion: undefined });
    expect(asks()).toBe(false);
    end();
    close();
  });

  it('where nothing lasts, it asks for all that was done in a page of its own, and leaves it to a host', async () => {
    const { store, close } = await opened();
    const [own, host] = [watched(), watched()];
    const ends = [warnBeforeLeaving(store, true, own.page), warnBeforeLeaving(store, false, host.page)];
    store.getState().renameProject('Kite');
    await store.getState().saveNow();
    expect(store.getState().saving.status).toBe('saved');
    expect([own.asks(), host.asks()]).toEqual([true, false]);
    for (const end of ends) end();
    close();
  });
});
