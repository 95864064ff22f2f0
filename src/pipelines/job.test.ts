import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { jobForRecipe, parseJob, parseRecipe, resolveJob, type ModelTraits } from '.';

const traits: ModelTraits = {
  defaults: { width: 64, height: 48, frames: 17, frameRate: 8, steps: 16, guidanceScale: 4 },
  sizeMultiple: 16,
  frameMultiple: 4,
};

describe('jobs', () => {
  it('take what they do not say from the model', () => {
    const job = resolveJob(parseJob({ prompt: 'a red ball' }), traits);
    expect(job).toMatchObject({ width: 64, height: 48, frames: 17, steps: 16, guidanceScale: 4, seed: 0, negativePrompt: '' });
    expect(job.frameRate).toEqual({ numerator: 8, denominator: 1 });
  });

  it('are refused with the nearest that can be made', () => {
    expect(() => resolveJob(parseJob({ prompt: 'x', width: 70 }), traits)).toThrow(/--width 64 --height 48/);
    expect(() => resolveJob(parseJob({ prompt: 'x', frames: 16 }), traits)).toThrow(/--frames 17/);
    expect(() => parseJob({ prompt: ' \n' })).toThrow(/empty/);
    expect(() => parseJob({ prompt: 'x', colour: 'red' })).toThrow(AiprodError);
  });

  it('survive a recipe', () => {
    const job = resolveJob(parseJob({ prompt: 'a red ball', frameRate: '30000/1001', seed: 3 }), traits);
    const recipe = {
      recipe: 1,
      generator: 'aiprod 0',
      job: jobForRecipe(job),
      model: { name: 'm', files: {} },
      adapter: { name: 'a', dtype: 'f32' },
    };
    const read = parseRecipe(JSON.parse(JSON.stringify(recipe)), 'a file');
    expect(resolveJob(read.job, traits)).toEqual(job);
  });

  it('of any JSON are parsed or refused in words', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseJob(value);
        } catch (error) {
          expect(error).toBeInstanceOf(AiprodError);
        }
      }),
    );
  });

  it('give sizes that fit whatever was asked, by following the hint', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 2000 }), fc.integer({ min: 1, max: 300 }), (width, frames) => {
        const attempt = (changes: object): string => {
          try {
            resolveJob(parseJob({ prompt: 'x', width, frames, ...changes }), traits);
            return '';
          } catch (error) {
            return error instanceof AiprodError ? error.message : 'not typed';
          }
        };
        let changes = {};
        for (let tries = 0; tries < 3; tries++) {
          const hint = [...attempt(changes).matchAll(/--(width|height|frames) (\d+)/g)];
          if (hint.length === 0) break;
          changes = { ...changes, ...Object.fromEntries(hint.map(([, name, size]) => [name, Number(size)])) };
        }
        expect(attempt(changes)).toBe('');
      }),
    );
  });
});
