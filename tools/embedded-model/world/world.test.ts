import { describe, expect, it } from 'vitest';
import { wordsTokenizer } from '../../../src/text';
import { backgrounds } from './backgrounds';
import { captionOf, textLength, worldVocabulary } from './captions';
import { Draws } from './draws';
import { motions } from './motions';
import { colors } from './palette';
import { renderScene } from './render';
import { heldOut, heldOutScenes, sceneOfSeed } from './scene';
import { shapes } from './shapes';

const training = Array.from({ length: 300 }, (_, seed) => sceneOfSeed(seed, { heldOut: false }));

describe('the world', () => {
  it('draws the same clip from the same scene, and another from another seed', () => {
    const [scene] = training;
    const bytes = (seed: number): Buffer => Buffer.from(renderScene({ ...scene, seed }).pixels);
    expect(bytes(1).equals(bytes(1))).toBe(true);
    expect(bytes(1).equals(bytes(2))).toBe(false);
  });

  it('says where its objects are', () => {
    for (const scene of training.slice(0, 24)) {
      const clip = renderScene(scene, { frames: 5, size: 32 });
      const without = renderScene({ ...scene, color: scene.color === 'red' ? 'blue' : 'red' }, { frames: 5, size: 32 });
      let elsewhere = 0;
      for (let k = 0; k < clip.cover.length; k++) {
        if (clip.cover[k] > 0) continue;
        for (const at of [3 * k, 3 * k + 1, 3 * k + 2]) elsewhere = Math.max(elsewhere, Math.abs(clip.pixels[at] - without.pixels[at]));
      }
      // Where nothing is, another colour changes nothing, save for what rounds to no cover.
      expect(elsewhere).toBeLessThanOrEqual(1);
      const share = clip.cover.reduce((total, value) => total + value, 0) / 255 / clip.cover.length;
      expect(share, JSON.stringify(scene)).toBeGreaterThan(0.01);
      expect(share, JSON.stringify(scene)).toBeLessThan(0.3);
    }
  });

  it('keeps a tenth of all triples out of training, and balances them for scoring', () => {
    const triples = colors.flatMap((color) => shapes.flatMap((shape) => motions.map((motion) => ({ color, shape, motion }))));
    const share = triples.filter(heldOut).length / triples.length;
    expect(share).toBeGreaterThan(0.08);
    expect(share).toBeLessThan(0.12);
    expect(training.some(heldOut)).toBe(false);
    const scenes = heldOutScenes(128, 1000);
    expect(scenes.every(heldOut)).toBe(true);
    for (const motion of motions) expect(scenes.filter((scene) => scene.motion === motion).length, motion).toBeGreaterThanOrEqual(7);
    for (const shape of shapes) expect(scenes.filter((scene) => scene.shape === shape).length, shape).toBeGreaterThanOrEqual(9);
  });

  it('has every background, colour, camera and relation in training', () => {
    const seen = (of: (scene: (typeof training)[number]) => string | undefined): number => new Set(training.map(of)).size;
    expect(seen(({ background }) => background)).toBe(backgrounds.length);
    expect(seen(({ color }) => color)).toBe(colors.length);
    expect(seen(({ camera }) => camera)).toBe(5);
    expect(seen(({ neighbour }) => neighbour?.relation)).toBe(5);
  });

  it('is described in words of the vocabulary, within the length of a prompt', () => {
    const tokenizer = wordsTokenizer(worldVocabulary(), textLength);
    const captions = training.map((scene, k) => captionOf(scene, new Draws(k, 2)));
    for (const caption of captions) {
      const ids = tokenizer.encode(caption);
      expect(ids, caption).not.toContain(2);
      expect(ids.length, caption).toBeLessThan(textLength);
    }
    expect(new Set(captions).size).toBeGreaterThan(295);
    expect(tokenizer.encode('a red ball bouncing up and down on grass by day')).not.toContain(2);
  });
});
