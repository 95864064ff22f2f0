import type { z } from 'zod';
import { migrateDocument, type Settings } from '../../config';
import { AiprodError } from '../../errors';
import { trainingMigrations } from './migrations';
import { differences } from './reload';
import { trainingConfigSchema, type TrainingConfig } from './schema';

/** Sections that the steps of a run depend on. */
const schema = trainingConfigSchema.pick({
  model: true,
  lora: true,
  training_strategy: true,
  vae_loss: true,
  optimization: true,
  acceleration: true,
  flow_matching: true,
  seed: true,
});
type StepSections = z.output<typeof schema>;

/** Version of the configuration that checkpoints were written with before they said one. */
const firstSaved = 2;

/** Settings that the steps of a run depend on: all but those that may change while it goes on, and where things lie. */
export interface StepSettings
  extends Omit<StepSections, 'lora' | 'vae_loss' | 'optimization'>, Partial<Pick<StepSections, 'lora' | 'vae_loss'>> {
  /** Of the configuration. */
  readonly version: number;
  readonly optimization: Omit<StepSections['optimization'], 'learning_rate'>;
}

export function stepSettings({
  model,
  lora,
  training_strategy,
  vae_loss,
  optimization,
  acceleration,
  flow_matching,
  seed,
}: Pick<TrainingConfig, keyof StepSections>): StepSettings {
  const { learning_rate: _, ...steady } = optimization;
  return {
    version: trainingMigrations.length + 1,
    model,
    ...(model.training_mode === 'lora' ? { lora } : {}),
    ...(model.training_mode === 'vae' ? { vae_loss } : {}),
    training_strategy,
    optimization: steady,
    acceleration,
    flow_matching,
    seed,
  };
}

/**
 * Settings as a checkpoint has them, brought to the latest version; what came later has its default, by which it was trained before there was the setting.
 * @throws AiprodError 'bad-input' for settings that this program does not know, or that meant something else then.
 */
export function savedStepSettings(saved: Settings, where: string): StepSettings {
  const { values } = migrateDocument({ version: firstSaved, ...saved }, trainingMigrations, {
    name: 'run',
    where,
    hint: 'Go on with the program that wrote the checkpoint, or a newer one',
  });
  const { version: _, ...settings } = values;
  const parsed = schema.safeParse(settings);
  if (parsed.success) {
    if (saved.version === undefined) refuseMasks(parsed.data, where);
    return stepSettings(parsed.data);
  }
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-input', 'the settings of the run are none that this program knows', {
    where,
    found: `${issue.path.map(String).join('.')}: ${issue.message}`,
    hint: 'Go on with the program that wrote the checkpoint, or start anew',
  });
}

/** Before checkpoints said a version, masks gave what was 0 in them; now they give what is 1, and the sets of then say the contrary. */
function refuseMasks({ training_strategy: strategy }: StepSections, where: string): void {
  if (strategy.name !== 'flexible' || strategy.conditions.every(({ type }) => type !== 'mask')) return;
  throw new AiprodError('bad-input', 'the run cannot go on: it was trained under masks that are read the other way round now', {
    where,
    expected: 'masks that have 1 where something is given',
    found: 'a checkpoint of a version in which that was 0',
    hint: 'Run aiprod preprocess again, with white for what is given, and start anew',
  });
}

/**
 * Refuses to go on under settings that would change the steps to come.
 * @param saved settings that the steps so far depended on
 * @throws AiprodError 'bad-usage' that names the first that differs.
 */
export function requireSameSettings(saved: StepSettings, current: StepSettings, where: string): void {
  const [difference] = differences(saved, current);
  if (difference === undefined) return;
  const { name, from, to } = difference;
  throw new AiprodError('bad-usage', `the run cannot go on with another ${name}`, {
    where,
    expected: from,
    found: to,
    hint: 'Set it back, or give the new run an output_dir of its own',
  });
}
