import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipSchema, edited, emptyProject, redo, undo, unedited, type EditedSequence, type MediaItem } from '../../project';
import { memoryStorage, type StudioStorage } from '../storage/storage';
import { listProjects, loadProject, ProjectWriter, removeProject, type ProjectFrame } from './saved-project';

const shape = { width: 64, height: 64, rate: { numerator: 24, denominator: 1 } };

interface State {
  readonly project: ProjectFrame;
  readonly edited: EditedSequence;
}

function start(id = 'p'): State {
  const { sequence, ...project } = emptyProject(id, 'first', shape);
  return { project, edited: unedited(sequence) };
}

const mediaItem = (id: string): MediaItem => ({
  ...{ id, name: `${id}.mp4`, kind: 'video', fingerprint: `sha256:${'0'.repeat(64)}`, bytes: 1 },
});

type Action = 'add' | 'move' | 'undo' | 'redo' | 'rename' | 'save';
const actions = fc.array(fc.constantFrom<Action>('add', 'move', 'move', 'undo', 'redo', 'rename', 'save', 'save'), { maxLength: 60 });

/** What a person may do: a clip of a file that is new to the project, one that moves (in one step of undo), and so on. */
function act({ project, edited: now }: State, action: Action, turn: number): State {
  switch (action) {
    case 'add': {
      const media = mediaItem(`m${turn}`);
      const next = edited(now, { key: 'add' }, ({ tracks: [track] }) => {
        const clip = clipSchema.parse({ kind: 'picture', id: `c${turn}`, media: media.id, start: turn * 100, duration: 10 });
        if (track.kind === 'video' && clip.kind === 'picture') track.clips.push(clip);
      });
      return { project: { ...project, media: [...project.media, media] }, edited: next };
    }
    case 'move': {
      const move = edited(
        now,
        { key: 'move', values: { turn } },
        ({ tracks: [track] }) => {
          const clip = track.clips.at(-1);
          if (clip !== undefined) clip.start += 1;
        },
        'drag',
      );
      return { project, edited: move };
    }
    case 'undo':
      return { project, edited: undo(now) };
    case 'redo':
      return { project, edited: redo(now) };
    case 'rename':
      return { project: { ...project, name: `name ${turn}` }, edited: now };
    case 'save':
      return { project, edited: now };
  }
}

/** A storage that dies before its write number `last`, and answers nothing more, as a tab that crashed. */
function dying(storage: StudioStorage, last: number): StudioStorage {
  let writes = 0;
  const orDead = (work: () => Promise<void>): Promise<void> => (writes++ >= last ? Promise.reject(new Error('crashed')) : work());
  return {
    ...storage,
    writeDocument: (name, text) => orDead(() => storage.writeDocument(name, text)),
    removeDocument: (name) => orDead(() => storage.removeDocument(name)),
  };
}

const plain = ({ edited: { sequence, done, undone }, project: { name, media } }: State): unknown => ({
  sequence,
  done,
  undone,
  name,
  media,
});

describe('a saved project', () => {
  it('is read as it was at its last save, with every step of undo', async () => {
    await fc.assert(
      fc.asyncProperty(actions, async (list) => {
        const storage = memoryStorage();
        let writer = new ProjectWriter(storage, 'p');
        let state = start();
        await writer.save(state.project, state.edited);
        for (const [turn, action] of list.entries()) {
          state = act(state, action, turn);
          if (action !== 'save') continue;
          await writer.save(state.project, state.edited);
          expect(writer.isSaved(state.project, state.edited)).toBe(true);
          // Every other time on another visit.
          if (turn % 2 === 0) continue;
          const loaded = await loadProject(storage, 'p');
          if (loaded === undefined) throw new Error('nothing was kept');
          expect(plain(loaded)).toEqual(plain(state));
          expect(loaded.lostSteps).toBe(false);
          state = loaded;
          writer = new ProjectWriter(storage, 'p', loaded);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('survives a crash at any write: it is as at some save, not before the last whole one, and has all media that it uses', async () => {
    await fc.assert(
      fc.asyncProperty(actions, fc.nat(60), async (list, last) => {
        const storage = memoryStorage();
        const writer = new ProjectWriter(dying(storage, last), 'p');
        let state = start();
        const tried: unknown[] = [];
        let whole = -1;
        for (const [turn, action] of [...list, 'save' as const].entries()) {
          state = act(state, action, turn);
          if (action !== 'save') continue;
          tried.push(state.edited);
          const saved = await writer.save(state.project, state.edited).then(
            () => true,
            () => false,
          );
          if (saved) whole = tried.length - 1;
          else break;
        }
        const loaded = await loadProject(storage, 'p');
        if (loaded === undefined) {
          expect(whole).toBe(-1);
          return;
        }
        expect(loaded.lostSteps).toBe(false);
        expect(tried.slice(Math.max(0, whole))).toContainEqual(loaded.edited);
        const known = new Set(loaded.project.media.map(({ id }) => id));
        const used = loaded.edited.sequence.tracks.flatMap(({ clips }) => clips.map((clip) => (clip.kind === 'title' ? '' : clip.media)));
        expect(used.filter((id) => !known.has(id))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('puts its journal together now and then, and reads the same', async () => {
    const storage = memoryStorage();
    const writer = new ProjectWriter(storage, 'p');
    let state = start();
    for (let turn = 0; turn < 200; turn++) {
      state = act(state, 'add', turn);
      await writer.save(state.project, state.edited);
    }
    expect((await storage.listDocuments()).length).toBeLessThan(70);
    const loaded = await loadProject(storage, 'p');
    expect(loaded && plain(loaded)).toEqual(plain(state));
    expect(loaded?.edited.done).toHaveLength(200);
  });

  it('with damaged steps of undo is still read, and keeps edits made since', async () => {
    const storage = memoryStorage();
    const writer = new ProjectWriter(storage, 'p');
    let state = start();
    for (const turn of [0, 1, 2]) {
      state = act(state, 'add', turn);
      await writer.save(state.project, state.edited);
    }
    await storage.writeDocument('project/p/edits/000000001', '{"keep":');
    const loaded = await loadProject(storage, 'p');
    expect(loaded?.lostSteps).toBe(true);
    expect(loaded?.edited.done).toEqual([]);
    expect(loaded?.edited.sequence.tracks[0].clips.map(({ id }) => id)).toContain('c0');
    if (loaded === undefined) return;
    const again = act(loaded, 'add', 9);
    await new ProjectWriter(storage, 'p', loaded).save(again.project, again.edited);
    const next = await loadProject(storage, 'p');
    expect(next?.lostSteps).toBe(false);
    expect(next?.edited.sequence).toEqual(again.edited.sequence);
  });

  it('is listed, the newest first, and removed with all its parts', async () => {
    const storage = memoryStorage();
    for (const [at, id] of ['a', 'b'].entries()) {
      const { project, edited: now } = start(id);
      await new ProjectWriter(storage, id, undefined, () => 1000 + at).save({ ...project, name: id.toUpperCase() }, now);
    }
    await storage.writeDocument('project/b/about', 'damaged');
    await storage.writeDocument('queue', '{}');
    expect(await listProjects(storage)).toEqual([
      { id: 'a', name: 'A', savedAt: 1000, clips: 0 },
      { id: 'b', name: '', savedAt: 0, clips: 0 },
    ]);
    await removeProject(storage, 'a');
    expect((await storage.listDocuments()).filter((name) => name.startsWith('project/a'))).toEqual([]);
    expect(await loadProject(storage, 'a')).toBeUndefined();
  });
});
