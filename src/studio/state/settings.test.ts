import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandPrompt } from '../../prompts';
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
    expect(readDraft(draft, traits)).toMatchObject({
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
      reason: { key: 'noPrompt' },
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
          else expect(reading.reason.key).not.toBe('');
        },
      ),
    );
  });

  it('draws words from the seed, and says where the draw cannot be made', () => {
    const drawn = { ...draft, prompt: 'a {red|blue} __thing__', seed: '4' };
    expect(readDraft(drawn, traits, { lists: { thing: ['ball'] } })).toMatchObject({
      ok: true,
      job: { prompt: expandPrompt(drawn.prompt, 4, { thing: ['ball'] }), seed: 4 },
    });
    expect(readDraft(drawn, traits)).toMatchObject({ ok: false, issues: { prompt: { reason: { key: 'report' } } } });
  });

  it('takes everything else that a job can say, and refuses what the schema does', () => {
    const advanced = { solver: 'res-2s', solverEta: '0.5', stgScale: '1', stgBlocks: '1, 2', tiling: 'uniform', more: '{"seconds": 2}' };
    expect(readDraft({ ...draft, advanced: { ...advanced, more: '' } }, traits)).toMatchObject({
      ok: true,
      job: { solver: { kind: 'res-2s', eta: 0.5 }, stgScale: 1, stgBlocks: [1, 2], tiling: { strategy: 'uniform' } },
    });
    expect(readDraft({ ...draft, advanced }, traits)).toMatchObject({ ok: false, reason: { key: 'report' } });
    expect(readDraft({ ...draft, advanced: { stgScale: '1000' } }, traits)).toMatchObject({
      ok: false,
      issues: { stgScale: { suggestion: '100' } },
    });
    expect(readDraft({ ...draft, advanced: { sigmas: '1, 0.5' } }, traits)).toMatchObject({ ok: true, job: { sigmas: [1, 0.5] } });
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
    expect(readDraft(loud, sounding, { ownSound: ready })).toMatchObject({
      ok: true,
      job: { pipeline: 'audio-to-video', audio: { file: 'song.wav', start: 1.5 }, loudness: -14 },
    });
    const silent = readDraft(loud, traits, { ownSound: ready });
    expect(silent).toMatchObject({ ok: true, job: { pipeline: 'text-to-video' } });
    expect(silent).not.toHaveProperty('job.audio');
    expect(silent).not.toHaveProperty('job.loudness');
  });

  it('waits for a sound that is being read, and asks to take one away that cannot be', () => {
    const problem = { code: 'bad-input', report: 'r' } as const;
    const reasonFor = (sound: SoundInput): unknown => {
      const reading = readDraft(draft, sounding, { ownSound: sound });
      return reading.ok ? undefined : reading.reason;
    };
    expect(reasonFor({ status: 'reading', name: 'a.wav' })).toEqual({ key: 'readingFile', values: { name: 'a.wav' } });
    expect(reasonFor({ status: 'failed', name: 'a.wav', problem })).toEqual({ key: 'unusableSound', values: { name: 'a.wav' } });
    expect(reasonFor({ ...ready, start: 3 })).toMatchObject({ key: 'report' });
  });

  it('refuses a loudness that there is not, with the nearest that there is', () => {
    expect(['', ' ', '-70', '-14', '-1'].map(loudnessIssue)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(loudnessIssue('23')).toMatchObject({ suggestion: '-23' });
    for (const text of ['0', '-71', 'loud', '1e9'])
      expect(loudnessIssue(text)?.reason).toEqual({ key: 'loudnessBetween', values: { min: -70, max: -1 } });
  });
});
