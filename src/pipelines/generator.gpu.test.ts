import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { testContext } from '../graph/testing';
import { openNodeFolder } from '../weights/node';
import {
  createGenerator,
  openLtxModel,
  type GeneratedClip,
  type GeneratorApi,
  type JobInput,
  type ProgressEvent,
  type SuspendedRun,
} from '.';

/** What the page's worker offers, over the embedded model. */
function generator(): GeneratorApi {
  return createGenerator({
    generatorName: 'a test',
    acquire: testContext,
    openModel: async (name) =>
      openLtxModel(await openNodeFolder(fileURLToPath(new URL('../../public/models/embedded', import.meta.url))), name),
    encode: async ({ frames }) => ({ bytes: new Uint8Array(frames.length), mimeType: 'video/mp4', codec: 'h264', extension: 'mp4' }),
  });
}

const job: JobInput = { prompt: 'a red ball', width: 32, height: 32, frames: 5, steps: 3, seed: 2 };

function clipOf(outcome: GeneratedClip | SuspendedRun): GeneratedClip {
  if ('suspended' in outcome) throw new Error('the run was suspended');
  return outcome;
}

describe('a generator', () => {
  it('makes a clip with its file, pixels, latents and recipe, and tells of every stage in order', async () => {
    const stages: string[] = [];
    const { forecast, generate } = generator();
    expect((await forecast(job)).totalBytes).toBeGreaterThan(0);
    const clip = clipOf(
      await generate(job, (event) => void (event.kind === 'progress' && stages.at(-1) !== event.stage && stages.push(event.stage))),
    );
    expect(stages).toEqual(['load', 'text', 'denoise', 'decode', 'write']);
    expect(clip).toMatchObject({ width: 32, height: 32, frameCount: 5 });
    expect(clip.pixels).toHaveLength(5 * 32 * 32 * 4);
    expect(clip.file.bytes).toHaveLength(5);
    expect(clip.latents).toHaveLength(48 * 2 * 2 * 2);
    expect(clip.recipe.job).toMatchObject({ prompt: 'a red ball', steps: 3, seed: 2, pipeline: 'text-to-video' });
  });

  it('is suspended by cancelling, and goes on to the same latents', async () => {
    const whole = clipOf(await generator().generate(job, () => undefined));
    const { generate, resume, cancel } = generator();
    const suspended = await generate(job, (event) => {
      if (event.kind === 'progress' && event.stage === 'denoise' && event.step === 2) cancel();
    });
    expect(suspended).toEqual({ suspended: true, step: 2, steps: 3 });
    const events: ProgressEvent[] = [];
    const clip = clipOf(await resume((event) => events.push(event)));
    expect(
      events
        .filter((event) => event.kind === 'progress' && event.stage === 'denoise')
        .map((event) => event.kind === 'progress' && event.step),
    ).toEqual([2, 3]);
    expect(clip.latents).toEqual(whole.latents);
    await expect(resume(() => undefined)).rejects.toThrow(/no run to resume/);
  });

  it('keeps what the next job has in common', async () => {
    const { generate } = generator();
    await generate(job, () => undefined);
    const stages = new Set<string>();
    await generate({ ...job, seed: 3 }, (event) => void (event.kind === 'progress' && stages.add(event.stage)));
    expect([...stages]).toEqual(['load', 'denoise', 'decode', 'write']);
  });

  it('refuses jobs that name files, of which a page without them has none', async () => {
    const named = { ...job, pipeline: 'image-to-video' as const, conditions: [{ file: 'face.png' }] };
    await expect(generator().generate(named, () => undefined)).rejects.toThrow(/face\.png/);
  });
});
