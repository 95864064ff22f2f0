import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testAdapter } from '../gpu/testing';
import { readFrames } from '../media/node';
import { runAiprod, type Ended } from './testing/run-script';

/** A clip whose decode does not fit the memory budget, made in a process as a person would. */

const made = z.object({ memory: z.object({ forecastBytes: z.number(), peakBytes: z.number() }) });
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-tiling-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function generate(out: string, ...more: string[]): Promise<Ended> {
  const args = ['generate', '--prompt', 'a red ball moves to the left', '--out', out, '--json', '--dtype', 'f32'];
  const size = ['--width', '128', '--height', '96', '--frames', '5', '--steps', '1', '--cfg', '1'];
  return runAiprod([...args, ...size, ...more], { cwd: folder, env: { AIPROD_DEVICE: testAdapter() } });
}

describe('aiprod generate under a memory budget', () => {
  it('decodes in tiles what does not fit at once: the same clip, in less memory', async () => {
    const whole = await generate('whole.y4m');
    expect(whole.code, whole.stderr).toBe(0);
    const { memory: wholeMemory } = made.parse(JSON.parse(whole.stdout));
    const budget = Math.floor(wholeMemory.forecastBytes * 0.95);
    const tiled = await generate('tiled.y4m', '--memory-budget', String(budget));
    expect(tiled.code, tiled.stderr).toBe(0);
    const { memory } = made.parse(JSON.parse(tiled.stdout));
    expect(memory.peakBytes).toBeLessThanOrEqual(budget);
    expect(wholeMemory.peakBytes).toBeGreaterThan(budget);

    const [a, b] = await Promise.all(['whole.y4m', 'tiled.y4m'].map((file) => readFrames(join(folder, file))));
    expect(b.frames).toHaveLength(a.frames.length);
    const differences = a.frames.map(
      (frame, k) => frame.reduce((sum, value, i) => sum + Math.abs(value - b.frames[k][i]), 0) / frame.length,
    );
    expect(Math.max(...differences)).toBeLessThan(1);
  });

  it('is refused in words where no tile fits', async () => {
    const nothing = await generate('small.y4m', '--memory-budget', '1MB');
    expect(nothing.code).toBe(3);
    expect(nothing.stderr).toMatch(/decode stage.*memory budget.*weights/s);
  });
});
