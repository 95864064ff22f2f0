import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { testContext } from '../graph/testing';
import { openNodeFolder } from '../weights/node';
import {
  createGenerator,
  memoryRunStates,
  openLtxModel,
  type GeneratedClip,
  type GeneratorApi,
  type JobInput,
  type ProgressEvent,
  type RunStates,
  type SuspendedRun,
} from '.';

const started: GeneratorApi[] = [];

afterEach(async () => {
  for (const one of started.splice(0)) await one.closeModel('embedded');
});

/** What the page's worker offers, over the embedded model. */
function generator(runStates: RunStates = memoryRunStates()): GeneratorApi {
  const made = createGenerator({
    runStates,
    generatorName: 'a test',
    acquire: testContext,
    openModel: async (name) =>
      openLtxModel(await openNodeFolder(fileURLToPath(new URL('../../public/models/embedded', import.meta.url))), name),
    encode: async ({ frames }) => ({ bytes: new Uint8Array(frames.length), mimeType: 'video/mp4', codec: 'h264', extension: 'mp4' }),
  });
  started.push(made);
  return made;
}

const job: JobInput = { prompt: 'a red ball', width: 32, height: 32, frames: 5, steps: 3, seed: 2 };

function clipOf(outcome: GeneratedClip | SuspendedRun): GeneratedClip {
  if ('suspended' in outcome) throw new Error('the run was suspended');
  return outcome;
}

const stepsOf = (events: readonly ProgressEvent[]): number[] =>
  events.flatMap((event) => (event.kind === 'progress' && event.stage === 'denoise' ? [event.step] : []));

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
    const { generate, cancel } = generator();
    const suspended = await generate(
      job,
      (event) => {
        if (event.kind === 'progress' && event.stage === 'denoise' && event.step === 2) cancel();
      },
      { run: 'a' },
    );
    expect(suspended).toEqual({ suspended: true, reason: 'cancelled', step: 2, steps: 3 });
    const events: ProgressEvent[] = [];
    const clip = clipOf(await generate(job, (event) => events.push(event), { run: 'a' }));
    expect(stepsOf(events)).toEqual([2, 3]);
    expect(clip.latents).toEqual(whole.latents);
  });

  it('stops several drafts where it is told, shows each, and goes on with one in a generator that was started anew', async () => {
    const runStates = memoryRunStates();
    const drafts = generator(runStates);
    const previews: number[] = [];
    for (const seed of [2, 3]) {
      const outcome = await drafts.generate({ ...job, seed }, (event) => void (event.kind === 'preview' && previews.push(event.step)), {
        run: `draft ${seed}`,
        stopAt: 1,
      });
      expect(outcome).toEqual({ suspended: true, reason: 'stop-at', step: 1, steps: 3 });
    }
    expect(previews).toEqual([1, 1]);
    await drafts.forget('draft 2');
    expect(await runStates.list()).toEqual(['draft 3']);
    // Already there: it makes no step more.
    const still = await generator(runStates).generate({ ...job, seed: 3 }, () => undefined, { run: 'draft 3', stopAt: 1 });
    expect(still).toMatchObject({ reason: 'stop-at', step: 1 });
    const events: ProgressEvent[] = [];
    const clip = clipOf(await generator(runStates).generate({ ...job, seed: 3 }, (event) => events.push(event), { run: 'draft 3' }));
    expect(stepsOf(events)).toEqual([1, 2, 3]);
    expect(await runStates.list()).toEqual([]);
    expect(clip.latents).toEqual(clipOf(await generator().generate({ ...job, seed: 3 }, () => undefined)).latents);
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
