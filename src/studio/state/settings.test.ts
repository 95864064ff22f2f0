import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJob, resolveJob, type ModelTraits } from '../../pipelines';
import { defaultDraft, fieldRanges, numberIssue, readDraft, type NumberField } from './settings';

const traits: ModelTraits = {
  defaults: { width: 64, height: 64, frames: 17, frameRate: 8, steps: 16, guidanceScale: 4 },
  sizeMultiple: 16,
  frameMultiple: 4,
};
const draft = { ...defaultDraft(traits, 7), prompt: ' a red ball ' };

describe('readDraft', () => {
  it('makes a job of the defaults', () => {
    expect(readDraft(draft, traits)).toEqual({
      ok: true,
      job: {
        prompt: 'a red ball',
        negativePrompt: '',
        width: 64,
        height: 64,
        frames: 17,
        frameRate: 8,
        steps: 16,
        guidanceScale: 4,
        seed: 7,
      },
    });
  });

  it('asks for a prompt', () => {
    expect(readDraft({ ...draft, prompt: ' \n' }, traits)).toMatchObject({
      ok: false,
      reason: 'Write a prompt first: say what the clip shows.',
    });
  });

  it('names the nearest size and number of frames', () => {
    const reading = readDraft({ ...draft, width: '70', frames: '16' }, traits);
    expect(reading).toMatchObject({ ok: false, issues: { width: { suggestion: '64' }, frames: { suggestion: '17' } } });
  });

  it('never lets through what the pipeline refuses, whatever is typed', () => {
    const typed = fc.oneof(fc.string({ maxLength: 8 }), fc.integer().map(String), fc.double().map(String));
    fc.assert(
      fc.property(
        fc.record({ width: typed, height: typed, frames: typed, frameRate: typed, steps: typed, guidanceScale: typed, seed: typed }),
        (fields) => {
          const reading = readDraft({ ...draft, ...fields }, traits);
          if (reading.ok) resolveJob(parseJob(reading.job), traits);
          else expect(reading.reason).not.toBe('');
        },
      ),
    );
  });

  it('suggests only values that it accepts', () => {
    const ranges = fieldRanges(traits);
    const fields: NumberField[] = ['width', 'height', 'frames', 'frameRate', 'steps', 'guidanceScale', 'seed'];
    fc.assert(
      fc.property(
        fc.constantFrom(...fields),
        fc.oneof(fc.integer({ min: -10, max: 10_000 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
        (field, value) => {
          const suggestion = numberIssue(field, String(value), ranges[field])?.suggestion;
          if (suggestion !== undefined) expect(numberIssue(field, suggestion, ranges[field])).toBeUndefined();
        },
      ),
    );
  });
});
