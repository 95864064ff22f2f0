import { expect, it } from 'vitest';
import { sequenceFrames, type MediaItem } from '../../project';
import { projectActions, type ProjectState } from './project-state';
import { timelineActions, type TimelineState } from './timeline-state';
import type { UiState } from './ui';

const film: MediaItem = {
  ...{
    id: 'film',
    name: 'film.mp4',
    kind: 'video',
    fingerprint: `sha256:${'1'.repeat(64)}`,
    bytes: 1,
    width: 320,
    height: 180,
    frames: 50,
  },
  ...{ rate: { numerator: 25, denominator: 1 }, sound: { sampleRate: 48_000, channels: 2, duration: { numerator: 2, denominator: 1 } } },
};
const table: MediaItem = { id: 'lut', name: 'warm.cube', kind: 'lut', fingerprint: `sha256:${'2'.repeat(64)}`, bytes: 1 };

function opened() {
  type State = TimelineState & ProjectState & Pick<UiState, 'workspace' | 'openWorkspace'>;
  let count = 0;
  const newId = (): string => `id-${count++}`;
  const get = (): State => state;
  const set = (change: Partial<State>): void => {
    state = { ...state, ...change };
  };
  let state: State = {
    ...projectActions({ get: () => state, set, newId }),
    // None of these actions asks for the editor's worker.
    ...timelineActions({ get: () => state as never, set, newId }),
    workspace: 'edit',
    openWorkspace: (workspace) => set({ workspace }),
  };
  for (const item of [film, table]) state.addMedia(item);
  return get;
}

it('takes size and rate of the first clip, and puts the next at the end', () => {
  const get = opened();
  expect(get().addToTimeline(film)).toBeUndefined();
  const { width, height, rate } = get().edited.sequence;
  expect({ width, height, rate }).toEqual({ width: 320, height: 180, rate: film.rate });
  get().addToTimeline({ ...film, id: 'other', width: 64, height: 64, rate: { numerator: 50, denominator: 1 } });
  expect(get().edited.sequence.width).toBe(320);
  expect(get().edited.sequence.tracks[0].clips.map(({ start, duration }) => [start, duration])).toEqual([
    [0, 50],
    [50, 25],
  ]);
  expect(get().selection).toHaveLength(2);
  expect(get().addToTimeline(table)).toBe('kind');
});

it('says why an edit was refused, and goes to any step', () => {
  const get = opened();
  get().addToTimeline(film);
  get().addToTimeline(film);
  const before = get().edited;
  expect(get().addToTimeline(film, { at: 10, onMeeting: 'refuse' })).toBe('noRoom');
  expect(get().edited).toBe(before);
  get().jumpTo(0);
  expect(sequenceFrames(get().edited.sequence)).toBe(0);
  get().jumpTo(1);
  expect(sequenceFrames(get().edited.sequence)).toBe(50);
  get().jumpTo(2);
  expect(get().edited.sequence).toEqual(before.sequence);
});

it('removes only what no clip and no step names', () => {
  const get = opened();
  get().addToTimeline(film);
  get().undo();
  expect(get().removeUnusedMedia()).toBe(1);
  expect(get().project.media.map(({ id }) => id)).toEqual(['film']);
});

it('puts what was made for a clip in its place', () => {
  const get = opened();
  get().addToTimeline(film);
  const [clip] = get().edited.sequence.tracks[0].clips;
  get().composeFrom({ pipeline: 'retake', media: 'film', region: { start: 8, end: 16 }, clip: clip.id });
  expect(get().workspace).toBe('create');
  expect(get().replaceComposed({ ...film, id: 'retake' }, { clip: clip.id })).toBeUndefined();
  const media = get().edited.sequence.tracks.flatMap(({ clips }) => clips.map((one) => ('media' in one ? one.media : '')));
  expect(media).toEqual(['retake', 'retake']);
  // What was put before it does not move what the clip shows.
  const later = { numerator: 1, denominator: 5 };
  expect(get().replaceComposed({ ...film, id: 'longer', frames: 55 }, { clip: clip.id, later })).toBeUndefined();
  expect(get().edited.sequence.tracks[0].clips[0]).toMatchObject({ id: clip.id, media: 'longer', sourceStart: later, duration: 50 });
  expect(get().replaceComposed(film, { clip: 'none' })).toBe('gone');
});
