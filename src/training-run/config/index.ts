/** The configuration of a training run. */
import { loadConfig, type ConfigKind, type LoadedConfig } from '../../config';
import { trainingMigrations } from './migrations';
import { trainingConfigSchema, type TrainingConfig } from './schema';
import { refuseUnreadSections } from './sections-of-modes';

export { applyReload, reloadable, watchConfig, type ConfigWatch, type Reload } from './reload';
export { trainingConfigSchema, type TrainingConfig } from './schema';
export { requireSameSettings, savedStepSettings, stepSettings, type StepSettings } from './step-settings';

const kind: ConfigKind<typeof trainingConfigSchema> = {
  title: 'training configuration',
  schema: trainingConfigSchema,
  migrations: trainingMigrations,
  environmentPrefix: 'AIPROD_TRAIN',
};

/**
 * Reads the configuration of a training run; see `loadConfig`.
 * @throws AiprodError 'bad-input' also for sections that the training mode does not read.
 */
export async function loadTrainingConfig(
  path: string,
  environment?: Readonly<Record<string, string | undefined>>,
): Promise<LoadedConfig<TrainingConfig>> {
  const config = await loadConfig(path, kind, environment);
  refuseUnreadSections(config);
  return config;
}
