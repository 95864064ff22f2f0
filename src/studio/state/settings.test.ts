import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJob, resolveJob, type ModelTraits } from '../../pipelines';
import type { SoundInput } from '../sound/own-sound';
import { defaultDraft, fieldRanges, loudnessIssue, numberIssue, readDraft, type NumberField } from './settings';

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

describe('the sound of a draft', () => {
  const sounding: ModelTraits = { ...traits, sound: true };
  const ready: SoundInput = {
    status: 'ready',
    start: 1.5,
    sound: {
      file: 'song.wav',
      facts: {
        ...{ width: 0, height: 0, frames: 0, frameRate: null, fingerprint: 'sha256:0' },
        sound: { sampleRate: 44_100, seconds: 3 },
      },
      peaks: { sampleRate: 44_100, sampleCount: 0, levels: [] },
      loudness: -20,
    },
  };

  it('makes an audio-to-video job, turned to a loudness, with a model that makes sound', () => {
    const loud = { ...draft, loudness: ' \u221214 ' };
    expect(readDraft(loud, sounding, ready)).toMatchObject({
      ok: true,
      job: { pipeline: 'audio-to-video', audio: { file: 'song.wav', start: 1.5 }, loudness: -14 },
    });
    const { job } = readDraft(loud, traits, ready) as { job: object };
    expect(Object.keys(job).filter((key) => ['pipeline', 'audio', 'loudness'].includes(key))).toEqual([]);
  });

  it('waits for a sound that is being read, and asks to take one away that cannot be', () => {
    const problem = { code: 'bad-input', report: 'r' } as const;
    const reasonFor = (sound: SoundInput): string => {
      const reading = readDraft(draft, sounding, sound);
      return reading.ok ? '' : reading.reason;
    };
    expect(reasonFor({ status: 'reading', name: 'a.wav' })).toBe('Reading a.wav');
    expect(reasonFor({ status: 'failed', name: 'a.wav', problem })).toMatch(/a\.wav/);
    expect(reasonFor({ ...ready, start: 3 })).toMatch(/over before/);
  });

  it('refuses a loudness that there is not, with the nearest that there is', () => {
    expect(['', ' ', '-70', '-14', '-1'].map(loudnessIssue)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(loudnessIssue('23')).toMatchObject({ suggestion: '-23' });
    for (const text of ['0', '-71', 'loud', '1e9']) expect(loudnessIssue(text)?.message).toMatch(/-70 to -1 LUFS/);
  });
});
