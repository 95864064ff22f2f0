import type { SampleSet } from '../../data';
import { needsCondition, referenceDownscale, type Trainer } from '../../training';
import type { TrainingConfig } from '../config';
import { trainingStrategy } from '../config/to-training';
import { loraFile, type ReadTrained } from '../outputs/lora-file';
import { writeModelFolder } from '../outputs/model-folder';
import { componentFile } from '../outputs/component-weights';
import type { TrainingSubject } from '../subject/training-subject';
import type { RunFolder } from './run-folder';
import { writeTensorsWhole } from './tensor-file';

/** Reads trained weights. @param averaged their average in place of themselves */
export function trainedReader(trainer: Trainer, averaged: boolean): ReadTrained {
  return (name) => (averaged ? trainer.averaged(name) : trainer.parameter(name));
}

/** Writes what was trained into the run's folder. @returns the path */
export async function writeResult(
  folder: RunFolder,
  { modelPath, set }: { readonly modelPath: string; readonly set: SampleSet },
  { model, lora, training_strategy }: TrainingConfig,
  { component, part, weights }: TrainingSubject,
  read: ReadTrained,
): Promise<string> {
  if (model.training_mode === 'lora') {
    const isInContext = needsCondition(trainingStrategy({ training_strategy }), 'reference');
    const downscale = isInContext ? referenceDownscale(await set.read(0)) : undefined;
    const { tensors, metadata } = await loraFile(part, lora, read, downscale);
    await writeTensorsWhole(folder.lora, tensors, metadata);
    return folder.lora;
  }
  await writeModelFolder(folder.model, modelPath, component, await componentFile(weights, new Set(part.shapes.keys()), read));
  return folder.model;
}
