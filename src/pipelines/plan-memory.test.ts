import { expect, it } from 'vitest';
import { plainestCapabilities } from '../gpu';
import {
  componentSummaries,
  encodedTokens,
  memoryPlanner,
  nearestFit,
  openOutline,
  parseJob,
  resolveJob,
  type JobInput,
  type MemoryPlanRequest,
} from '.';

/** As a graphics card offers it. */
const capabilities = { ...plainestCapabilities, f16: true, maxStorageBuffersPerStage: 10, maxBindingBytes: 2 ** 31 - 4 };

async function requestOf(name: string, fields: Omit<JobInput, 'prompt'> = {}): Promise<MemoryPlanRequest> {
  const model = await openOutline(name);
  if (model === undefined) throw new Error(`no outline ${name}`);
  const job = resolveJob(parseJob({ prompt: 'a prompt', model: name, ...fields }), model.traits);
  return { model, job, capabilities, promptTokens: 128 };
}

it('LTX-2 19B has the parameters of its release, by component and encoding', async () => {
  const { model } = await requestOf('ltx-2-19b');
  const summaries = await componentSummaries(model);
  const transformer = summaries.find(({ component }) => component === 'transformer');
  // Some 19 thousand million, which are 38 GB in bf16.
  expect(transformer?.parameters).toBeGreaterThan(18.5e9);
  expect(transformer?.parameters).toBeLessThan(19.5e9);
  expect(transformer?.encodings).toMatchObject([{ encoding: 'bf16', bytes: 2 * (transformer?.parameters ?? 0) }]);
  expect(summaries.map(({ component }) => component)).toEqual(['text_encoder', 'connectors', 'transformer', 'vae', 'audio_vae', 'vocoder']);
});

it.each(['ltx-2-19b', 'ltx-2-19b-int4'])(
  '%s streams within 8, 16, 24 and 80 GB, and never takes more',
  { timeout: 120_000 },
  async (name) => {
    const planner = memoryPlanner(await requestOf(name));
    const whole = planner.within();
    expect(whole.stages.every(({ blocks, tiles }) => blocks === undefined && tiles === undefined)).toBe(true);
    let held = -1;
    for (const budget of [8e9, 16e9, 24e9, 80e9]) {
      const plan = planner.within(budget);
      expect(plan).toMatchObject({ fits: true, refused: [], budgetBytes: budget });
      for (const stage of plan.stages) {
        expect(stage.totalBytes).toBeLessThanOrEqual(budget);
        expect(stage.weightBytes + stage.activationBytes + stage.readbackBytes).toBe(stage.totalBytes);
        // No block more would fit.
        if (stage.blocks !== undefined) expect(stage.totalBytes + stage.blocks.blockBytes).toBeGreaterThan(budget);
      }
      const { blocks } = plan.stages.find(({ component }) => component === 'transformer') ?? {};
      const now = blocks?.held ?? 48;
      expect(now).toBeGreaterThanOrEqual(held);
      held = now;
    }
    expect(held).toBe(48);
  },
);

it('what does not fit is told with the largest clip that does', { timeout: 120_000 }, async () => {
  const request = await requestOf('ltx-video-2b', { width: 768, height: 512, frames: 97 });
  const budget = 1.1e9;
  expect(memoryPlanner(request).within(budget).fits).toBe(false);
  const fit = nearestFit(request, budget);
  expect(fit?.plan.peakBytes).toBeLessThanOrEqual(budget);
  expect([fit?.width, fit?.height].every((size) => size !== undefined && size % 32 === 0)).toBe(true);
  expect(((fit?.frames ?? 0) - 1) % 8).toBe(0);
  // The VAE's own weights are too many.
  expect(fit?.weights).toBe('int8');
  expect(nearestFit(request, 1e8)).toBeUndefined();
});

it('prompts are encoded with as many tokens as a model pads them to, or as they have', async () => {
  const tokens = async (name: string) => encodedTokens((await requestOf(name)).model, 256);
  expect([await tokens('ltx-video-2b'), await tokens('ltx-2-19b')]).toEqual([128, 256]);
});

it('nothing can be read of an outline, and it says where the model is', async () => {
  const { model } = await requestOf('ltx-2-19b');
  await expect(model.reader('transformer')('proj_in.weight')).rejects.toThrow(/not here.*aiprod models add Lightricks\/LTX-2/);
});
