import type { Command } from 'commander';
import { z } from 'zod';
import { version } from '../../../package.json';
import { describeConfig, type LoadedConfig } from '../../config';
import { openPrecomputedSet } from '../../data';
import { accessOf, openPlace } from '../../data/node';
import {
  loadTrainingConfig,
  planTraining,
  runTraining,
  sampleFolders,
  watchConfig,
  type TrainingConfig,
  type TrainingPlan,
  type TrainingResult,
} from '../../training-run';
import { withContext } from '../device';
import { outputOf, readGlobalOptions, type GlobalOptions } from '../global-options';
import { abortOnSignals } from '../interrupt';
import { locateModel, openModel, partPaths } from '../model-location';
import { formatBytes, formatSeconds, type Output } from '../output';
import { tellCache } from '../tell-cache';

const optionsSchema = z.object({
  resume: z.union([z.string(), z.boolean()]).default(false),
  dryRun: z.boolean().default(false),
  show: z.boolean().default(false),
});

export function addTrain(command: Command): void {
  command
    .description(
      'trains a LoRA beside a model, or all of its transformer or VAE, on a preprocessed data set; docs/training.md has the settings',
    )
    .argument('<config>', 'YAML or JSON; AIPROD_TRAIN__SECTION__NAME variables override it')
    .option('--resume [dir]', 'goes on with the latest checkpoint of output_dir, or with that of another run, or a single checkpoint')
    .option('--dry-run', 'tells parameters, memory, time a step and the data set, and trains nothing')
    .option('--show', 'shows every setting and where it comes from, and does nothing else')
    .action((path: string) => train(path, command));
}

async function train(path: string, command: Command): Promise<void> {
  const globals = readGlobalOptions(command);
  const options = optionsSchema.parse(command.opts());
  const output = outputOf(globals);
  const load = async (): Promise<LoadedConfig<TrainingConfig>> => withFlags(await loadTrainingConfig(path), globals);
  const config = await load();
  for (const note of config.notes) output.info(note);
  if (options.show) {
    for (const line of describeConfig(config)) output.line(line);
    output.json(config.settings);
    return;
  }
  const interrupt = abortOnSignals();
  const { signal } = interrupt;
  const { model: named, data } = config.settings;
  try {
    const place = await openPlace(data.preprocessed_data_root, await accessOf(data.access, data.cache, signal));
    await withContext(globals, output, async (context) => {
      const model = await openModel(named.path, partPaths(named));
      try {
        const set = await openPrecomputedSet(place.source, { ...sampleFolders(config.settings, model), signal });
        if (options.dryRun) {
          for (const line of describeConfig(config)) output.line(line);
          tellPlan(await planTraining(model, config.settings, set, context, signal), context.gpu.adapter.description, output);
          return;
        }
        const began = performance.now();
        const result = await runTraining({
          config,
          watch: await watchConfig(config.files, load, (text) => output.info(text)),
          model,
          modelPath: await locateModel(named.path),
          set,
          ...(place.cache === undefined ? {} : { cache: place.cache }),
          context,
          resume: options.resume,
          generator: `aiprod ${version}`,
          signal,
          onProgress: (progress) => output.progress(progress),
          onNote: (text) => output.info(text),
        });
        const seconds = (performance.now() - began) / 1000;
        tellCache(output, place.cache);
        tellData(result.data, output);
        for (const { id, reason } of result.skipped) output.info(`passed over ${id}: ${reason}`);
        if (result.failedValidations > 0) output.info(`validation clips could not be made ${result.failedValidations} times, see above`);
        const flag = named.training_mode === 'lora' ? '--lora' : '--model';
        output.line(`${result.output}  (${result.steps} steps, ${formatSeconds(seconds)}; aiprod generate ${flag} ${result.output})`);
        output.json({ ...result, seconds });
      } finally {
        await model.close();
      }
    });
  } finally {
    interrupt.dispose();
    output.endProgress();
  }
}

/** Flags that every command takes, over what the file says. */
function withFlags(
  config: LoadedConfig<TrainingConfig>,
  { dtype, deterministic, memoryBudget }: GlobalOptions,
): LoadedConfig<TrainingConfig> {
  const precision: TrainingConfig['acceleration']['mixed_precision_mode'] | undefined =
    deterministic || dtype === 'f32' ? 'no' : dtype === 'f16' ? 'fp16' : undefined;
  const sources = new Map(config.sources);
  if (precision !== undefined) sources.set('acceleration.mixed_precision_mode', deterministic ? '--deterministic' : '--dtype');
  if (memoryBudget !== undefined) sources.set('acceleration.memory_limit', '--memory-budget');
  const acceleration = {
    ...config.settings.acceleration,
    ...(precision === undefined ? {} : { mixed_precision_mode: precision }),
    ...(memoryBudget === undefined ? {} : { memory_limit: memoryBudget }),
  };
  return { ...config, sources, settings: { ...config.settings, acceleration } };
}

/** Tells how the batches came in. */
function tellData({ waits, cache }: TrainingResult['data'], output: Output): void {
  const share = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
  for (const { epoch, reads, hitRate } of cache?.epochs ?? [])
    output.info(`epoch ${epoch}: ${reads} reads, ${share(hitRate)} from the cache`);
  if (waits.batches === 0) return;
  output.info(
    `data: ${waits.batches} batches, of which ${waits.ready} were ready; waited ${waits.median.toPrecision(2)} ms for one (median), ${waits.longest.toPrecision(2)} at most`,
  );
}

function tellPlan(plan: TrainingPlan, adapter: string, output: Output): void {
  const { parameters, memory, time, data, steps } = plan;
  const share = ((100 * parameters.trained) / parameters.total).toPrecision(3);
  const seconds = time.secondsPerStep;
  const lines = [
    '',
    `parameters  ${parameters.total} in the ${parameters.component === 'vae' ? 'VAE' : 'transformer'}; ${parameters.trained} are trained (${share} %), ${plan.dtype}`,
    `memory      ${formatBytes(memory.totalBytes)} by the planner: ${formatBytes(memory.stateBytes)} weights, gradients and optimiser, ${formatBytes(memory.workingBytes)} for work`,
    seconds === undefined
      ? `time        not measured: more than acceleration.memory_limit; ${time.flopsPerStep.toExponential(2)} FLOP a step`
      : `time        ${seconds.toPrecision(3)} s a step, measured on ${adapter}; ${formatSeconds(seconds * steps)} for ${steps} steps without validation`,
    `data        ${data.samples} samples in ${data.buckets.size} buckets, ${data.rejected} damaged; the run goes through them ${data.epochs.toPrecision(3)} times`,
    ...[...data.buckets].map(([bucket, count]) => `            ${bucket}: ${count}`),
  ];
  for (const line of lines) output.line(line);
  output.json({ ...plan, data: { ...data, buckets: Object.fromEntries(data.buckets) } });
}
