import { describe, expect, it } from 'vitest';
import { changed, keptOf, keptQueueSchema, moved, restored, secondsOfQueue, workOf, type Queue, type QueuedJob } from './queue';

const entry = (id: string, state: QueuedJob['state'], more: Partial<QueuedJob> = {}): QueuedJob => ({
  ...{ id, state, step: 0, steps: 0, spent: {} },
  job: { prompt: id, width: 64, height: 64, frames: 17, steps: 10 },
  ...more,
});
const queue: Queue = [entry('a', 'running'), entry('b', 'waiting'), entry('c', 'suspended'), entry('d', 'waiting')];
const ids = (of: Queue): string => of.map(({ id }) => id).join('');

describe('a queue', () => {
  it('moves jobs, but none before the one at work, nor that one', () => {
    expect(ids(moved(queue, 'd', 1))).toBe('adbc');
    expect(ids(moved(queue, 'd', 0))).toBe('adbc');
    expect(ids(moved(queue, 'b', 9))).toBe('acdb');
    expect(ids(moved(queue, 'a', 2))).toBe('abcd');
    expect(ids(moved(queue.slice(1), 'd', 0))).toBe('dbc');
  });

  it('is kept as plain JSON, and what was running has its turn first again', () => {
    const withFiles = changed(queue, 'b', {
      job: { prompt: 'b', pipeline: 'keyframes', conditions: [{ file: 'x.png', frame: 8 }], frameRate: 24 },
      step: 3,
      steps: 9,
    });
    const kept = keptOf(withFiles, (file) => `sha256:${file}`);
    const read = keptQueueSchema.parse(JSON.parse(JSON.stringify(kept)));
    expect(read.files).toEqual({ 'x.png': 'sha256:x.png' });
    const again = restored(read);
    expect(again.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'suspended', 'waiting']);
    expect(again[1]).toMatchObject({ id: 'b', step: 3, steps: 9, job: { conditions: [{ file: 'x.png', frame: 8, strength: 1 }] } });
  });

  it('expects of those that wait what was measured, by their work, and says nothing before', () => {
    const measured = { work: workOf(queue[0].job), seconds: 20 };
    expect(secondsOfQueue(queue, 5, measured)).toBe(45);
    expect(secondsOfQueue(queue, undefined, measured)).toBeUndefined();
    expect(secondsOfQueue(queue, 5, undefined)).toBeUndefined();
    expect(secondsOfQueue(queue.slice(0, 1), 5, undefined)).toBe(5);
    const begun = changed(queue, 'b', { step: 5, steps: 10 });
    expect(secondsOfQueue(begun, 0, measured)).toBe(30);
    expect(secondsOfQueue(changed(begun, 'b', { stopAt: 6 }), 0, measured)).toBeCloseTo(22, 10);
  });
});
