import { expect, it } from 'vitest';
import { frameAt, wrapFrame } from './playback-clock';

it('shows every frame at its own start, at broadcast rates too, and goes round', () => {
  for (const rate of [8, 16, 24, 25, 30000 / 1001, 60]) {
    for (let frame = 0; frame < 500; frame++) {
      expect(frameAt({ frame: 0, at: 1234.5 }, 1234.5 + (1000 * frame) / rate, rate, 97)).toBe(frame % 97);
      expect(frameAt({ frame: 3, at: 0 }, (1000 * (frame + 0.5)) / rate, rate, 97)).toBe((frame + 3) % 97);
    }
  }
});

it('goes round both ends', () => {
  expect([wrapFrame(-1, 17), wrapFrame(17, 17), wrapFrame(-18, 17)]).toEqual([16, 0, 16]);
});
