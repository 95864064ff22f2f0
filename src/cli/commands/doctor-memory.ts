import { totalmem } from 'node:os';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { createGpuContext, plainestCapabilities, type Capabilities } from '../../gpu';
import { acquireNodeDevice } from '../../gpu/node';
import { AiprodError } from '../../errors';
import {
  componentSummaries,
  describeFit,
  encodedTokens,
  memoryPlanner,
  nearestFit,
  openOutline,
  outlineAbout,
  outlineNames,
  parseJob,
  pipelineNames,
  resolveJob,
  type BudgetPlan,
  type ComponentSummary,
  type MemoryPlanRequest,
  type NearestFit,
  type StagePlan,
  type VideoModel,
} from '../../pipelines';
import { weightOptions } from '../../weights';
import type { GlobalOptions } from '../global-options';
import { openModel } from '../model-location';
import { oneOf, wholeNumber } from '../option-values';
import { formatBytes, type Output } from '../output';

/** Cards that people have, in bytes. */
const usualBudgets = [8e9, 16e9, 24e9, 80e9];

/** Tokens that prompts are planned with: some 1,000 characters. */
const usualPromptTokens = 256;

/** What a graphics card offers through WebGPU in common browsers and in Dawn. */
const usualCard: Capabilities = {
  ...plainestCapabilities,
  f16: true,
  maxStorageBuffersPerStage: 10,
  maxBindingBytes: 2 ** 31 - 4,
  maxWorkgroupStorageBytes: 32768,
  maxInvocationsPerWorkgroup: 1024,
};

const optionsSchema = z.object({
  model: z.string().optional(),
  pipeline: z.enum(pipelineNames).optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  frames: z.number().optional(),
  weights: z.enum(weightOptions).optional(),
  textEncoder: z.string().optional(),
  vae: z.string().optional(),
  promptTokens: z.number().default(usualPromptTokens),
});
export type DoctorOptions = z.output<typeof optionsSchema>;

export function addMemoryOptions(command: Command): void {
  command
    .option('--model <name>', `plans the memory of a model: a name, folder or checkpoint, or a released one (${outlineNames.join(', ')})`)
    .addOption(new Option('--pipeline <name>', pipelineNames.join(', ')).argParser(oneOf(pipelineNames)))
    .addOption(new Option('--width <pixels>', 'of the clip; default from the model').argParser(wholeNumber(8, 16384)))
    .addOption(new Option('--height <pixels>', 'of the clip; default from the model').argParser(wholeNumber(8, 16384)))
    .addOption(new Option('--frames <n>', 'of the clip; default from the model').argParser(wholeNumber(1, 4097)))
    .addOption(new Option('--weights <form>', 'how weights lie in GPU memory').argParser(oneOf(weightOptions)))
    .option('--text-encoder <path>', 'text encoder of a checkpoint that has none')
    .option('--vae <path>', 'VAE of a checkpoint that has none')
    .addOption(
      new Option('--prompt-tokens <n>', 'tokens of the longest prompt, for models that encode no more than it has')
        .argParser(wholeNumber(1, 4096))
        .default(usualPromptTokens),
    );
}

export function readDoctorOptions(command: Command): DoctorOptions {
  return optionsSchema.parse(command.opts());
}

/** Budgets on one device. */
interface DevicePlans {
  /** Its name, for people. */
  readonly device: string;
  readonly dtype: 'f32' | 'f16';
  readonly plans: readonly (BudgetPlan & { readonly nearest?: NearestFit | null })[];
}

/**
 * What a model needs, part by part, and how a job of it fits usual budgets and this machine's own. Reads configurations and headers
 * alone; needs no GPU.
 */
export async function doctorMemory(name: string, options: DoctorOptions, globals: GlobalOptions, output: Output): Promise<void> {
  const model = await openOrOutline(name, options);
  try {
    const job = resolveJob(
      parseJob({
        prompt: 'a prompt',
        model: name,
        dtype: globals.deterministic ? 'f32' : globals.dtype,
        ...Object.fromEntries(
          (['pipeline', 'width', 'height', 'frames', 'weights'] as const).flatMap((field) =>
            options[field] === undefined ? [] : [[field, options[field]]],
          ),
        ),
      }),
      model.traits,
    );
    const components = await componentSummaries(model);
    const promptTokens = encodedTokens(model, options.promptTokens);
    const request = { model, job, promptTokens };
    const { width, height, frames, pipeline } = job;
    const here = await thisMachine(globals);
    const devices: DevicePlans[] = [];
    if (here === undefined || here.isSoftware)
      devices.push(plansOn('a graphics card', { ...request, capabilities: usualCard }, usualBudgets));
    if (here !== undefined) {
      const own = globals.memoryBudget ?? (here.isSoftware ? totalmem() : undefined);
      const budgets = [...(here.isSoftware ? [] : usualBudgets), ...(own === undefined ? [] : [own])];
      devices.push(plansOn(here.name, { ...request, capabilities: here.capabilities }, budgets));
    } else if (globals.memoryBudget !== undefined) {
      devices.push(plansOn('a graphics card', { ...request, capabilities: usualCard }, [globals.memoryBudget]));
    }
    const about = outlineAbout(name);
    output.json({
      model: { name, ...(about === undefined ? {} : { about }), weightBytes: model.weightBytes, components },
      job: { pipeline, width, height, frames, promptTokens },
      devices,
    });
    output.line(
      `${name}${about === undefined ? '' : `: ${about}, from its published configuration`}; ${formatBytes(model.weightBytes)} of weights`,
    );
    for (const component of components) output.line(componentLine(component));
    output.line(`${pipeline}: ${width}x${height}, ${frames} frames, prompts of up to ${promptTokens} tokens`);
    for (const { device, dtype, plans } of devices) for (const plan of plans) printPlan(plan, `${device}, ${dtype}`, output);
  } finally {
    await model.close();
  }
}

async function openOrOutline(name: string, { textEncoder, vae }: DoctorOptions): Promise<VideoModel> {
  const parts = { ...(textEncoder === undefined ? {} : { textEncoder }), ...(vae === undefined ? {} : { vae }) };
  const outline = await openOutline(name);
  if (outline === undefined) return openModel(name, parts);
  if (Object.keys(parts).length === 0) return outline;
  throw new AiprodError('bad-usage', 'a released model is known with all its parts', {
    where: name,
    hint: 'Leave --text-encoder and --vae out',
  });
}

/** The device of this machine; undefined where there is none. */
async function thisMachine(globals: GlobalOptions): Promise<{ name: string; isSoftware: boolean; capabilities: Capabilities } | undefined> {
  try {
    const gpu = await acquireNodeDevice({ preference: globals.device });
    try {
      const { capabilities } = createGpuContext(gpu, { deterministic: globals.deterministic });
      return { name: gpu.adapter.description, isSoftware: gpu.adapter.isSoftware, capabilities };
    } finally {
      gpu.destroy();
    }
  } catch (error) {
    if (error instanceof AiprodError && error.code === 'no-adapter') return undefined;
    throw error;
  }
}

function plansOn(device: string, request: MemoryPlanRequest, budgets: readonly number[]): DevicePlans {
  const planner = memoryPlanner(request);
  const plans = budgets.map((budget) => {
    const plan = planner.within(budget);
    return plan.fits ? plan : { ...plan, nearest: nearestFit(request, budget) ?? null };
  });
  // Where nothing says how much memory there is, the whole is told.
  return { device, dtype: planner.dtype, plans: budgets.length === 0 ? [planner.within()] : plans };
}

function componentLine({ component, bytes, parameters, encodings }: ComponentSummary): string {
  const kinds = encodings.map((own) => `${own.encoding} ${formatBytes(own.bytes)}`).join(', ');
  return `  ${component.padEnd(12)} ${formatBytes(bytes).padStart(9)}  ${(parameters / 1e6).toFixed(1)} M parameters: ${kinds}`;
}

function printPlan(plan: DevicePlans['plans'][number], where: string, output: Output): void {
  const budget = plan.budgetBytes === null ? 'all at once' : `within ${formatBytes(plan.budgetBytes)}`;
  const verdict = plan.fits ? `fits, ${formatBytes(plan.peakBytes)} at the peak` : 'does not fit';
  output.line(`${budget} on ${where}: ${verdict}`);
  for (const stage of plan.stages) output.line(stageLine(stage, plan.budgetBytes));
  for (const { stage, reason } of plan.refused) output.line(`  ${stage.padEnd(12)} ${reason}`);
  if (plan.nearest === null) output.line('  nothing smaller fits');
  else if (plan.nearest !== undefined)
    output.line(`  fits with ${describeFit(plan.nearest)}: ${formatBytes(plan.nearest.plan.peakBytes)} at the peak`);
}

function stageLine(own: StagePlan, budget: number | null): string {
  const { stage, component, totalBytes, weightBytes, activationBytes, readbackBytes, blocks, tiles } = own;
  const how =
    blocks !== undefined
      ? `, ${blocks.held} of ${blocks.count} blocks stay, ${blocks.count - blocks.held} pass through ${blocks.slots} slots of ${formatBytes(blocks.blockBytes)}`
      : tiles !== undefined
        ? `, ${tiles.count} tiles of ${tiles.width}x${tiles.height}, ${tiles.frames} frames`
        : ', whole';
  const over = budget !== null && totalBytes > budget ? ' TOO MUCH' : '';
  return `  ${stage.padEnd(12)} ${component.padEnd(12)} ${formatBytes(totalBytes).padStart(9)}${over}: weights ${formatBytes(weightBytes)}, activations ${formatBytes(activationBytes)}, results ${formatBytes(readbackBytes)}${how}`;
}
