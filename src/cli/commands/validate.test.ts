import { Command } from 'commander';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { addValidate } from './validate';

const fixtures = fileURLToPath(new URL('../../media/fixtures/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'aiprod-validate-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const reportSchema = z.object({
  samples: z.array(z.object({ id: z.string(), findings: z.array(z.object({ code: z.string(), severity: z.string() })) })),
  duplicates: z.array(z.object({ ids: z.array(z.string()) })),
  rejected: z.array(z.object({ id: z.string() })),
  diversity: z.object({ vendi: z.number(), formats: z.record(z.string(), z.number()) }),
  errors: z.number(),
});

async function validate(...args: string[]): Promise<{ report: z.infer<typeof reportSchema>; error: unknown }> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  const command = new Command('validate').exitOverride();
  addValidate(command);
  const error: unknown = await command.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return { report: reportSchema.parse(JSON.parse(text)), error };
}

beforeAll(() => {
  for (const file of ['h264-bframes.mp4', 'fragmented.mp4', 'hevc-open-gop.mp4', 'vp9.webm', 'av1.mp4', 'plain.png'])
    copyFileSync(join(fixtures, file), join(folder, file));
  writeFileSync(join(folder, 'cut.webm'), readFileSync(join(fixtures, 'vp9.webm')).subarray(0, 1500));
  writeFileSync(join(folder, 'av1.txt'), 'a test picture\n');
});

describe('aiprod validate', () => {
  it('names what is damaged, too short or shown twice, in all four codecs', async () => {
    const { report, error } = await validate(folder, '--json', '--min-side', '48');
    expect(error).toMatchObject({ code: 'check-failed' });
    const codes = new Map(report.samples.map(({ id, findings }) => [id, findings.map(({ code }) => code)]));
    expect(codes.get('cut')).toEqual(['unreadable']);
    expect(codes.get('av1')).toEqual([]);
    expect(codes.get('plain')).toEqual(['short', 'small', 'no-caption']);
    // The AV1 clip is half as long as the others of its size, so that it does not show the same at the same parts of its length.
    expect(report.duplicates.map(({ ids }) => ids)).toEqual([
      ['fragmented', 'h264-bframes'],
      ['hevc-open-gop', 'vp9'],
    ]);
    expect(codes.get('vp9')).toContain('duplicate');
    expect(Object.keys(report.diversity.formats).join()).toMatch(/av01.*avc1.*hev1.*vp09/);
  });

  it('takes a description, and passes a set with warnings alone', async () => {
    writeFileSync(join(folder, 'set.jsonl'), '{"media_path":"vp9.webm","caption":"bars"}\n{"video":"h264-bframes.mp4"}\n');
    const { report, error } = await validate(join(folder, 'set.jsonl'), '--json', '--min-side', '48');
    expect(error).toBeUndefined();
    expect(report.samples.map(({ id, findings }) => [id, findings.length])).toEqual([
      ['vp9', 0],
      ['h264-bframes', 1],
    ]);
    expect(report.diversity.vendi).toBeGreaterThan(1);
  });
});
