import { chooseDtype, gpuMachine, type GpuMachine, type PipelineStage, type VideoModel } from '../pipelines';
import { withContext } from './device';
import type { GlobalOptions } from './global-options';
import { abortOnSignals } from './interrupt';
import { openModel } from './model-location';
import { formatSeconds, type Output } from './output';

/** A model on the chosen device, and how to watch and stop what runs there. */
export interface Running {
  readonly model: VideoModel;
  readonly machine: GpuMachine;
  readonly signal: AbortSignal;
  readonly memoryBudget?: number;
  onProgress(step: number, steps: number): void;
}

/** Runs `work` with a model on the chosen device and tells what came of it. */
export async function onMachine(
  globals: GlobalOptions,
  output: Output,
  name: string,
  stage: PipelineStage,
  work: (running: Running) => Promise<{ readonly out: string }>,
): Promise<void> {
  const interrupt = abortOnSignals();
  try {
    await withContext(globals, output, async (context) => {
      const began = performance.now();
      const model = await openModel(name);
      try {
        const dtype = chooseDtype({ dtype: globals.deterministic ? 'f32' : globals.dtype }, context);
        const budget = globals.memoryBudget === undefined ? {} : { memoryBudget: globals.memoryBudget };
        const machine = gpuMachine({ model, context, dtype, previews: false, ...budget });
        const onProgress = (step: number, steps: number): void => output.progress({ kind: 'progress', stage, step, steps });
        const made = await work({ model, machine, signal: interrupt.signal, onProgress, ...budget });
        const seconds = (performance.now() - began) / 1000;
        output.line(`${made.out}  (${formatSeconds(seconds)})`);
        output.json({ ...made, dtype, seconds });
      } finally {
        await model.close();
      }
    });
  } finally {
    interrupt.dispose();
    output.endProgress();
  }
}
