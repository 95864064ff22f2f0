import { expect, it } from 'vitest';
import { Draws } from '../world/draws';
import { renderScene } from '../world/render';
import { heldOutScenes } from '../world/scene';
import { judge, scoreOf } from './score';

// 256 scenes score the same, and 0.06 to 0.13 for each part when shuffled.
it('finds in true renders what their captions say, and not what other captions say', () => {
  const scenes = heldOutScenes(28, 5000);
  const clips = scenes.map((scene) => renderScene(scene));
  const truth = scoreOf(clips.map((clip, k) => judge(clip, scenes[k])));
  for (const [part, share] of Object.entries(truth)) expect(share, part).toBe(1);
  const draws = new Draws(1, 0);
  const shuffled = scoreOf(clips.map((clip) => judge(clip, draws.pick(scenes))));
  for (const part of ['color', 'motion', 'shape', 'background'] as const) expect(shuffled[part], part).toBeLessThan(0.3);
  expect(shuffled.all).toBeLessThan(0.1);
});

it('finds nothing but a background where nothing is', () => {
  const [scene] = heldOutScenes(1, 5000);
  const { frames, size } = renderScene(scene);
  const pixels = new Uint8Array(frames * size * size * 3).fill(121);
  const verdict = judge({ frames, size, pixels, cover: new Uint8Array(frames * size * size) }, { ...scene, background: 'gray' });
  expect(verdict).toMatchObject({ color: false, motion: false, shape: false, background: true });
});
