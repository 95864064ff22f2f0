import { expect, it } from 'vitest';
import { drawCaptionless, drawHeldTokens, holdsTokens } from './held-tokens';

const shape = { samples: 400, frames: 3, tokens: 12 };
const key = { seed: 7, step: 3 };
const rows = (held: Uint8Array): string[] => Array.from({ length: 400 }, (_, k) => held.subarray(k * 12, (k + 1) * 12).join(''));

it('gives the first frame of as many samples as asked for, the same ones each time', () => {
  const strategy = { name: 'text_to_video', first_frame_conditioning_p: 0.25, caption_dropout_p: 0.1 } as const;
  expect(holdsTokens(strategy)).toBe(true);
  const held = rows(drawHeldTokens(strategy, shape, key));
  expect(new Set(held)).toEqual(new Set(['000000000000', '111100000000']));
  const share = held.filter((row) => row.startsWith('1')).length / 400;
  expect(Math.abs(share - 0.25)).toBeLessThan(0.08);
  expect(rows(drawHeldTokens(strategy, shape, key))).toEqual(held);
  expect(rows(drawHeldTokens(strategy, shape, { ...key, step: 4 }))).not.toEqual(held);
  const without = drawCaptionless(strategy, 400, key).filter((value) => value).length / 400;
  expect(Math.abs(without - 0.1)).toBeLessThan(0.05);
  expect(holdsTokens({ ...strategy, first_frame_conditioning_p: 0 })).toBe(false);
});

it('gives beginnings and ends together, but never all of a clip', () => {
  const strategy = {
    name: 'flexible',
    caption_dropout_p: 0,
    conditions: [
      { type: 'prefix', frames: 1, probability: 1 },
      { type: 'suffix', frames: 1, probability: 1 },
      { type: 'suffix', frames: 3, probability: 1 },
    ],
  } as const;
  const mutable = { ...strategy, conditions: [...strategy.conditions] };
  expect(new Set(rows(drawHeldTokens(mutable, shape, key)))).toEqual(new Set(['111100001111']));
  expect(new Set(rows(drawHeldTokens(mutable, { ...shape, frames: 2 }, key)))).toEqual(new Set(['000000000000']));
});
