import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFrameCache, type Direction, type FrameCache } from './frame-cache';

const filled = (budget: number, frames: number): FrameCache<number> => {
  const cache = createFrameCache<number>(budget);
  for (let frame = 0; frame < frames; frame++) cache.put('a', frame, frame, 1);
  return cache;
};
const kept = (cache: FrameCache<number>, media: string, most = 100): number[] =>
  Array.from({ length: most }, (_, frame) => frame).filter((frame) => cache.has(media, frame));

it('lets go what the direction of travel leaves behind, the farthest first', () => {
  const forwards = filled(10, 10);
  forwards.beginTurn();
  forwards.visit('a', 6, 1);
  for (const frame of [10, 11, 12]) forwards.put('a', frame, frame, 1);
  expect(kept(forwards, 'a')).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

  const backwards = filled(10, 10);
  backwards.beginTurn();
  backwards.visit('a', 3, -1);
  for (const frame of [10, 11, 12]) backwards.put('a', frame, frame, 1);
  // Behind one that goes backwards lies what has a higher number: the new ones themselves.
  expect(kept(backwards, 'a')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('lets go the farthest ahead once nothing is behind', () => {
  const cache = filled(5, 5);
  cache.beginTurn();
  cache.visit('a', 0, 1);
  cache.put('a', 5, 5, 1);
  expect(kept(cache, 'a')).toEqual([0, 1, 2, 3, 4]);
});

it('lets other files go before the one that is shown, those not seen for longest first', () => {
  const cache = createFrameCache<number>(6);
  for (const media of ['old', 'older', 'shown']) for (const frame of [0, 1]) cache.put(media, frame, frame, 1);
  for (const media of ['older', 'old', 'shown']) {
    cache.beginTurn();
    cache.visit(media, 0, 1);
  }
  cache.put('shown', 2, 2, 2);
  expect([kept(cache, 'older'), kept(cache, 'old'), kept(cache, 'shown')]).toEqual([[], [0, 1], [0, 1, 2]]);
  cache.put('shown', 3, 3, 1);
  expect([kept(cache, 'old').length, kept(cache, 'shown')]).toEqual([1, [0, 1, 2, 3]]);
});

it('counts what was there, and forgets a file', () => {
  const cache = filled(4, 4);
  expect([cache.get('a', 2), cache.get('a', 9)]).toEqual([2, undefined]);
  cache.drop('a');
  expect(cache.report()).toEqual({ frames: 0, bytes: 0, budget: 4, hits: 1, misses: 1, evicted: 0 });
});

const steps = fc.array(
  fc.record({
    media: fc.constantFrom('a', 'b'),
    frame: fc.nat(60),
    direction: fc.constantFrom<Direction>(1, -1),
    bytes: fc.integer({ min: 1, max: 9 }),
    puts: fc.array(fc.nat(60), { maxLength: 6 }),
  }),
  { maxLength: 60 },
);

it('never goes over its budget but for the frame at hand, never loses that, and counts its bytes', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 80 }), (all, budget) => {
      const cache = createFrameCache<number>(budget);
      const sizes = new Map<string, number>();
      for (const { media, frame, direction, bytes, puts } of all) {
        cache.beginTurn();
        cache.visit(media, frame, direction);
        for (const put of [frame, ...puts]) {
          cache.put(media, put, put, bytes);
          sizes.set(`${media}${put}`, bytes);
        }
        expect(cache.has(media, frame)).toBe(true);
        const report = cache.report();
        const inside = [...sizes].filter(([key]) => cache.has(key[0], Number(key.slice(1))));
        expect(report.frames).toBe(inside.length);
        expect(report.bytes).toBe(inside.reduce((sum, [, size]) => sum + size, 0));
        expect(report.bytes).toBeLessThanOrEqual(Math.max(budget, bytes));
      }
    }),
  );
});

it('going on in one direction, a frame that is still wanted never goes before one that was passed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 40 }),
      fc.constantFrom<Direction>(1, -1),
      fc.integer({ min: 2, max: 12 }),
      (budget, direction, group) => {
        const cache = createFrameCache<number>(budget);
        for (let step = 0; step < 60; step++) {
          const frame = direction === 1 ? step : 59 - step;
          cache.beginTurn();
          cache.visit('a', frame, direction);
          const first = frame - (frame % group);
          for (let at = first; at < first + group; at++) if (!cache.has('a', at)) cache.put('a', at, at, 1);
          const all = kept(cache, 'a');
          const ahead = all.filter((at) => (at - frame) * direction >= 0);
          const lost = Array.from({ length: group }, (_, k) => first + k).filter(
            (at) => (at - frame) * direction >= 0 && !all.includes(at),
          );
          // What lies ahead in the group was only lost where nothing behind was left to lose.
          if (lost.length > 0) expect(ahead).toEqual(all);
        }
      },
    ),
  );
});
