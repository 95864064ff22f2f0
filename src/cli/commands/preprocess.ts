import type { Command } from 'commander';
import { AiprodError } from '../../errors';
import type { GpuContext } from '../../gpu';
import {
  accessOf,
  folderCaptioner,
  loadPreprocessConfig,
  openDataset,
  preprocess,
  type PreprocessConfig,
  type PreprocessReport,
  type PreprocessSettings,
} from '../../data/node';
import { chooseDtype, gpuMachine } from '../../pipelines';
import { sampleEncoder } from '../../pipelines/node';
import { withContext } from '../device';
import { outputOf, readGlobalOptions } from '../global-options';
import { abortOnSignals } from '../interrupt';
import { openModel, partPaths } from '../model-location';
import { tellCache } from '../tell-cache';
import { formatSeconds, type Output } from '../output';

export function addPreprocess(command: Command): void {
  command
    .description('a data set to captions, latents and embeddings, which aiprod train reads; goes on where it was cut off')
    .argument('<config>', 'YAML or JSON with a section `preprocess`, see docs/data.md; may be the file of the training run')
    .action((config: string) => run(command, config));
}

async function run(command: Command, file: string): Promise<void> {
  const globals = readGlobalOptions(command);
  const output = outputOf(globals);
  const { settings, notes } = await loadPreprocessConfig(file);
  for (const note of notes) output.info(note);
  const interrupt = abortOnSignals();
  const began = performance.now();
  try {
    const { dataset: place, access, cache } = settings.preprocess;
    const root = settings.data.preprocessed_data_root;
    if (/^[a-z0-9]+:\/\//i.test(root)) {
      throw new AiprodError('bad-input', 'samples are written to a folder on this machine', {
        where: 'data.preprocessed_data_root',
        expected: 'a path',
        found: root,
        hint: 'Name a folder here and copy it to where training shall read it; aiprod train takes addresses',
      });
    }
    const dataset = await openDataset(place, await accessOf(access, cache, interrupt.signal));
    output.info(`${dataset.set.items.length} items in ${place}`);
    const named = settings.preprocess.content === 'pixels' ? undefined : settings.preprocess.captioner;
    const captioner = named === undefined ? undefined : await folderCaptioner(named, interrupt.signal);
    await withContext(globals, output, async (context: GpuContext) => {
      const model = await openModel(settings.model.path, partPaths(settings.model));
      try {
        const dtype = chooseDtype({ dtype: globals.deterministic ? 'f32' : globals.dtype }, context);
        const budget = globals.memoryBudget === undefined ? {} : { memoryBudget: globals.memoryBudget };
        const machine = gpuMachine({ model, context, dtype, previews: false, ...budget });
        const report = await preprocess({
          ...dataset,
          root,
          encoder: await sampleEncoder({ model, machine, dtype }),
          ...(captioner === undefined ? {} : { captioner }),
          settings: settingsOf(settings.preprocess),
          signal: interrupt.signal,
          onProgress: progressTo(output),
        });
        tellCache(output, dataset.cache);
        tell(output, root, report, (performance.now() - began) / 1000);
      } finally {
        await captioner?.close();
        await model.close();
      }
    });
  } finally {
    interrupt.dispose();
    output.endProgress();
  }
}

function settingsOf(section: PreprocessConfig['preprocess']): PreprocessSettings {
  const { frame_rate: frameRate, split_scenes: scenes, lora_trigger: trigger } = section;
  return {
    ...(section.content === 'pixels' ? { pixels: true } : {}),
    buckets: section.resolution_buckets ?? [],
    referenceDownscale: section.reference_downscale_factor,
    sound: section.with_audio && section.content === 'latents',
    ...(section.audio_durations === undefined ? {} : { durations: section.audio_durations }),
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(scenes === undefined ? {} : { scenes: { threshold: scenes.threshold, shortest: scenes.min_frames } }),
    ...(trigger === undefined ? {} : { trigger }),
  };
}

/** Progress with the time that is left, by the pace of the stage so far. */
function progressTo(output: Output): (stage: 'media' | 'text', done: number, total: number) => void {
  const begun = { media: performance.now(), text: Number.NaN };
  return (stage, done, total) => {
    if (stage === 'text' && Number.isNaN(begun.text)) begun.text = performance.now();
    const seconds = (performance.now() - begun[stage]) / 1000;
    const etaSeconds = (seconds / done) * (total - done);
    output.progress({ kind: 'progress', stage: stage === 'media' ? 'load' : 'text', step: done, steps: total, etaSeconds });
  };
}

function tell(output: Output, root: string, report: PreprocessReport, seconds: number): void {
  for (const { id, reason } of report.rejected) output.info(`passed over: ${id}: ${reason}`);
  const { samples, encodedMedia, encodedTexts, written, rejected } = report;
  const wrote = written === 0 ? '' : `${written} captions written, `;
  output.line(
    `${root}  ${samples} samples: ${encodedMedia} media and ${encodedTexts} captions encoded, ${wrote}${rejected.length} passed over  (${formatSeconds(seconds)})`,
  );
  output.json({ root, ...report, seconds });
}
