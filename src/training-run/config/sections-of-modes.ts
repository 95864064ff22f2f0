import type { LoadedConfig } from '../../config';
import { AiprodError } from '../../errors';
import type { TrainingConfig } from './schema';

type TrainingMode = TrainingConfig['model']['training_mode'];

/** Sections that only some training modes read. */
const modesOf: Readonly<Partial<Record<keyof TrainingConfig, readonly TrainingMode[]>>> = {
  lora: ['lora'],
  training_strategy: ['lora', 'full'],
  flow_matching: ['lora', 'full'],
  vae_loss: ['vae'],
};

/**
 * Refuses sections that the training mode would not read: whoever wrote them expects them to count.
 * @param config `sources` tells what was written, `settings` holds the defaults of all sections too
 * @throws AiprodError 'bad-input' that names each such section and where it comes from
 */
export function refuseUnreadSections({ settings, sources }: Pick<LoadedConfig<TrainingConfig>, 'settings' | 'sources'>): void {
  const mode = settings.model.training_mode;
  const unread = Object.entries(modesOf).flatMap(([section, modes]) => {
    const written = [...sources].find(([name]) => name === section || name.startsWith(`${section}.`));
    return modes.includes(mode) || written === undefined ? [] : [{ section, modes, source: written[1] }];
  });
  if (unread.length === 0) return;
  throw new AiprodError('bad-input', `training mode ${mode} does not read ${unread.map(({ section }) => section).join(', ')}`, {
    where: [...new Set(unread.map(({ source }) => source))].join(', '),
    expected: unread.map(({ section, modes }) => `${section} in training mode ${modes.join(' or ')} alone`).join(', '),
    found: `model.training_mode: ${mode}`,
    hint: 'Leave the section out, or set it to null where it comes from a file that yours extends',
  });
}
