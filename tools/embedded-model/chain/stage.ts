import { appendFile, access } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { GpuContext } from '../../../src/gpu';
import type { Graph, HostTensor } from '../../../src/graph';
import { parameterShapes } from '../../../src/models';
import { writeWhole } from '../../../src/pipelines/node';
import { learningRateAt, Trainer, type LossOptions, type MicroBatch } from '../../../src/training';
import { writeSafetensors } from '../../../src/weights';
import { scheduleOf, type TrainingPlan } from './plan';
import { initialWeights } from './initial-weights';
import { floatsToWrite, readTrainerState, saveTrainerState } from './tensor-files';

/** Where a chain works, and when it is to stop. */
export interface Workplace {
  readonly folder: string;
  readonly context: GpuContext;
  readonly seed: number;
  /** Whether the chain is to save what it has and stop. */
  readonly stops: () => boolean;
  /** Whether somebody waits for it to end, so that it is not even to score what it has. */
  readonly interrupted: () => boolean;
  readonly log: (line: string) => void;
}

export async function fileExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

export interface TrainingStage {
  /** Of its files. */
  readonly name: string;
  readonly plan: TrainingPlan;
  readonly model: Graph;
  readonly loss: LossOptions;
  /** Parameters to train. */
  readonly trainable: readonly string[];
  /** The batch of a step, a pure function of its number. */
  readonly batchAt: (step: number) => MicroBatch | Promise<MicroBatch>;
}

const savedEvery = 120_000;
/** Steps and milliseconds after which a line is written, whichever comes first. */
const [loggedSteps, loggedTime] = [25, 60_000];
const most = 1;

/** Where the averaged weights of a finished or stopped stage are. */
export function weightsPath(folder: string, name: string): string {
  return join(folder, `${name}.safetensors`);
}

/**
 * Trains from where the folder's state is to the plan's last step, or until the workplace stops. State is saved every two minutes and at the
 * end, aside and renamed; batches are functions of the step, so that a run in pieces makes what a run at once makes.
 * @returns whether the last step is done
 */
export async function runTraining(stage: TrainingStage, { folder, context, seed, stops, log }: Workplace): Promise<boolean> {
  const { name, plan, model, loss, trainable } = stage;
  const statePath = join(folder, `${name}-state.safetensors`);
  const begin = initialWeights(model, seed);
  const trainer = await Trainer.create(
    model,
    { ...loss, trainable, optimizer: plan.optimizer, clip: most, average: { decay: plan.averageDecay } },
    context,
    begin,
  );
  try {
    if (await fileExists(statePath)) trainer.restoreState(await readTrainerState(statePath));
    if (trainer.step >= plan.steps) return true;
    const schedule = scheduleOf(plan);
    const first = trainer.step;
    const start = performance.now();
    let [saved, logged, mean, counted] = [start, start, 0, 0];
    const save = async (): Promise<void> => {
      const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
      for (const [parameter, shape] of parameterShapes(model)) {
        const data = trainable.includes(parameter) ? await trainer.averaged(parameter) : begin(parameter);
        weights.set(parameter, { shape, data });
      }
      await writeWhole(weightsPath(folder, name), writeSafetensors(floatsToWrite(weights)));
      await saveTrainerState(statePath, await trainer.saveState());
    };
    let batch = await stage.batchAt(first);
    while (trainer.step < plan.steps && !stops()) {
      const step = trainer.step;
      // The next batch is made while the device computes: once this step's work is handed over.
      const [report, next] = await Promise.all([
        trainer.train(batch, learningRateAt(schedule, step)),
        step + 1 < plan.steps ? setImmediate().then(() => stage.batchAt(step + 1)) : undefined,
      ]);
      if (next !== undefined) batch = next;
      mean += report.loss;
      counted++;
      if (trainer.step % loggedSteps === 0 || performance.now() - logged > loggedTime || trainer.step === plan.steps) {
        const rate = (performance.now() - start) / 1000 / (trainer.step - first);
        const line = `${name} step ${trainer.step} of ${plan.steps}: loss ${(mean / counted).toFixed(5)}, norm ${report.gradientNorm.toFixed(3)}, ${rate.toFixed(2)} s a step`;
        log(line);
        await appendFile(join(folder, `${name}.log`), `${line}\n`);
        [logged, mean, counted] = [performance.now(), 0, 0];
      }
      if (performance.now() - saved > savedEvery) {
        await save();
        saved = performance.now();
      }
    }
    await save();
    return trainer.step >= plan.steps;
  } finally {
    trainer.destroy();
  }
}

/** Inputs of a batch. */
export type BatchInputs = Record<string, HostTensor['data']>;
