import { z } from 'zod';
import { AiprodError } from '../../errors';
import { readRecipe } from '../../media';
import { parseMetrics, runFiles, sampleOfPath, type SampleFile, type StepMetrics } from '../../training-run/web';
import type { FileTree } from '../../weights';

/** What a run's folder says at one moment. */
export interface TrainingReading {
  readonly name: string;
  readonly metrics: readonly StepMetrics[];
  /** By step, then by prompt. */
  readonly samples: readonly SampleFile[];
}

/**
 * Reads the folder of `aiprod train`, whole or still growing.
 * @throws AiprodError `bad-input` when it is no run's folder
 */
export async function readTrainingFolder(tree: FileTree): Promise<TrainingReading> {
  const metrics = await tree.readText(runFiles.metrics);
  const files = await tree.list();
  if (metrics === undefined && !files.includes(runFiles.config)) {
    throw new AiprodError('bad-input', 'the folder holds no training run', {
      where: tree.name,
      expected: `${runFiles.metrics}, as aiprod train writes it`,
      found: `${files.length} other files`,
      hint: 'Choose the output_dir of the run',
    });
  }
  const samples = files.flatMap((path) => sampleOfPath(path) ?? []);
  samples.sort((a, b) => a.step - b.step || a.prompt - b.prompt);
  return { name: tree.name, metrics: parseMetrics(metrics ?? ''), samples };
}

const promptOfRecipe = z.object({ job: z.object({ prompt: z.string() }) });

export interface SampleClip {
  readonly content: Blob;
  /** As the clip's recipe has it; undefined where it holds none. */
  readonly prompt: string | undefined;
}

/** A validation clip of a run. Undefined when it is gone. */
export async function readSample(tree: FileTree, path: string): Promise<SampleClip | undefined> {
  const source = await tree.open(path);
  if (source === undefined) return undefined;
  const bytes = await source.read(0, source.size);
  const recipe = promptOfRecipe.safeParse(await readRecipe(bytes).catch(() => undefined));
  return { content: new Blob([bytes], { type: 'video/mp4' }), prompt: recipe.success ? recipe.data.job.prompt : undefined };
}
