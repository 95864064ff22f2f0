import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FormatReport } from '../../../media';
import { emptySequence } from '../../../project';
import { exportedSize, exportSettings, heights, offeredFormats, possible, presetDraft, presets } from './export-settings';

const report = (
  format: FormatReport['format'],
  codecs: FormatReport['codecs'],
  audioCodecs: FormatReport['audioCodecs'] = [],
): FormatReport => ({
  ...{ format, codecs, audioCodecs, available: true, encoder: 'test', carriesRecipe: true },
});
const all = [
  report('mp4', ['h264', 'vp9', 'av1'], ['opus', 'aac']),
  report('webm', ['vp9'], ['opus']),
  report('gif', []),
  report('png', []),
];
const few = [report('mp4', ['vp9'], ['opus']), { ...report('webm', []), available: false }, report('gif', [])];
const sequence = emptySequence({ width: 1280, height: 720, rate: { numerator: 24, denominator: 1 } });

it('offers what works here, and takes the nearest where a preset wants more', () => {
  expect(offeredFormats(few)).toEqual(['mp4', 'gif']);
  expect(presetDraft('share', all)).toMatchObject({ format: 'mp4', codec: 'h264', audioCodec: 'aac', loudness: 'web' });
  expect(presetDraft('share', few)).toMatchObject({ format: 'mp4', codec: 'vp9', audioCodec: 'opus' });
  expect(presetDraft('web', few)).toMatchObject({ format: 'mp4', codec: 'vp9' });
  expect(presetDraft('gif', few)).toMatchObject({ format: 'gif', codec: undefined, audioCodec: 'none' });
});

it('keeps the shape of the sequence, even where the format asks for it, and never enlarges', () => {
  expect(exportedSize({ format: 'mp4', height: 480 }, sequence)).toEqual({ width: 854, height: 480 });
  expect(exportedSize({ format: 'gif', height: 480 }, sequence)).toEqual({ width: 853, height: 480 });
  expect(exportedSize({ format: 'mp4', height: 1080 }, sequence)).toEqual({ width: 1280, height: 720 });
  const odd = { ...sequence, width: 405, height: 719 };
  fc.assert(
    fc.property(fc.constantFrom(...heights), (height) => {
      const size = exportedSize({ format: 'webm', height }, odd);
      expect([size.width % 2, size.height % 2]).toEqual([0, 0]);
      expect(Math.abs(size.width / size.height - odd.width / odd.height)).toBeLessThan(2 / size.height + 2 / size.width);
    }),
  );
});

it('says nothing of sound where there is none, and of a codec where the format is one', () => {
  for (const preset of presets) {
    const draft = possible({ ...presetDraft(preset, all), audioCodec: 'none' }, all);
    const settings = exportSettings(draft, { sequence, start: 3, end: 9 });
    expect(settings).not.toHaveProperty('audioCodec');
    expect(settings).not.toHaveProperty('loudness');
    expect('codec' in settings).toBe(draft.format === 'mp4' || draft.format === 'webm');
    expect([settings.start, settings.end]).toEqual([3, 9]);
  }
});
