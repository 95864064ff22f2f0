import { describe, expect, it, vi } from 'vitest';
import type { EditorConnection, ExportSettings } from '../../../../workers';
import { AiprodError } from '../../../errors';
import { emptySequence } from '../../../project';
import { memoryStorage } from '../../storage/storage';
import { exportActions, type ExportActionsOptions, type ExportJob } from './export-state';

const shape = { width: 64, height: 64, rate: { numerator: 24, denominator: 1 } };
const settings: ExportSettings = { ...shape, sequence: emptySequence(shape), start: 0, end: 1, format: 'mp4', quality: 'high' };
const alone = { take: () => Promise.resolve(() => Promise.resolve()) };

type Export = EditorConnection['export'];

/** A queue of exports of one visit. */
function visit({ storage = memoryStorage(), locks = alone }: Partial<Pick<ExportActionsOptions, 'storage' | 'locks'>> = {}) {
  const asked: { target: Parameters<Export>[2]; end: (file: File) => void; fail: (error: unknown) => void }[] = [];
  const dropped: string[] = [];
  let ids = 0;
  let jobs: readonly ExportJob[] = [];
  const editor = (): Pick<EditorConnection, 'export' | 'cancelExport' | 'dropDownload'> => ({
    export: (_id, _settings, target) => new Promise<File | undefined>((end, fail) => void asked.push({ target, end, fail })),
    cancelExport: async () => undefined,
    dropDownload: async (id) => void dropped.push(id),
  });
  const { state, restore, close } = exportActions({
    get: () => ({ exports: jobs, editor, openMedia: async () => undefined }),
    set: (change) => (jobs = change.exports ?? jobs),
    ...{ now: () => 0, newId: () => `id-${ids++}`, pickExport: undefined, storage, locks },
  });
  return { ...state, restore, close, asked, dropped, jobs: () => jobs };
}

describe('the queue of exports', () => {
  it('gives every export a name of its own, as browsers do', async () => {
    const { startExport, removeExport, jobs, asked, dropped } = visit();
    for (const name of ['walk.mp4', 'Walk.mp4', 'walk.mp4', 'walk.gif']) startExport(name, settings, { kind: 'download', name });
    expect(jobs().map(({ name }) => name)).toEqual(['walk.mp4', 'Walk (2).mp4', 'walk (3).mp4', 'walk.gif']);
    for (let at = 0; at < 4; at++) {
      await vi.waitFor(() => expect(asked).toHaveLength(at + 1));
      asked[at].end(new File([], 'x'));
    }
    expect(asked[1].target).toEqual({ kind: 'download', name: 'Walk (2).mp4' });
    await vi.waitFor(() => expect(jobs()[3].state.status).toBe('done'));
    removeExport('id-1');
    expect(dropped).toEqual(['id-1']);
    startExport('walk.mp4', settings, { kind: 'download', name: 'walk.mp4' });
    expect(jobs().at(-1)?.name).toBe('walk (2).mp4');
  });

  it('goes on behind one that failed, and says what happened', async () => {
    const { startExport, jobs, asked } = visit();
    startExport('a.mp4', settings, { kind: 'download', name: 'a.mp4' });
    startExport('b.mp4', settings, { kind: 'download', name: 'b.mp4' });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    asked[0].fail(new AiprodError('storage-full', 'There is no room for the output'));
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(jobs()[0].state).toMatchObject({ status: 'failed', problem: { code: 'storage-full' } });
    expect(jobs()[1].state.status).toBe('running');
  });

  it('says on the next visit which were cut off, once, and only in the tab that has them', async () => {
    const storage = memoryStorage();
    const first = visit({ storage });
    await first.restore();
    for (const name of ['a.mp4', 'b.mp4', 'c.mp4']) first.startExport(name, settings, { kind: 'download', name });
    await vi.waitFor(() => expect(first.asked).toHaveLength(1));
    first.asked[0].end(new File([], 'a.mp4'));
    await vi.waitFor(() => expect(first.asked).toHaveLength(2));
    const beside = visit({ storage, locks: { take: () => Promise.resolve(undefined) } });
    await beside.restore();
    expect(beside.jobs()).toEqual([]);
    // The first tab is gone without a word.
    const next = visit({ storage });
    await next.restore();
    const cut = { status: 'cut' };
    expect(next.jobs()).toMatchObject([
      { name: 'b.mp4', state: cut },
      { name: 'c.mp4', state: cut },
    ]);
    next.removeExport(next.jobs()[0].id);
    const last = visit({ storage });
    await last.restore();
    expect(last.jobs()).toEqual([]);
  });
});
