import { z } from 'zod';
import { AiprodError } from '../../errors';
import type { ModelFolder } from '../../weights';
import type { ModelTraits } from '../job';

/** Settings a model folder may carry for us in model_index.json under `_aiprod`. */
const schema = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  numFrames: z.int().positive(),
  frameRate: z.number().positive(),
  steps: z.int().positive(),
  guidanceScale: z.number().min(0),
  maxSequenceLength: z.int().min(2).max(4096),
});

export interface FolderSettings {
  readonly defaults: ModelTraits['defaults'];
  /** Tokens a prompt is padded or cut to. */
  readonly maxSequenceLength: number;
}

/** The settings of a folder; the family's own where it carries none. @throws AiprodError 'bad-weights' for settings that are not valid */
export function folderSettings({ index, name }: ModelFolder, usual: FolderSettings): FolderSettings {
  if (index._aiprod === undefined) return usual;
  const parsed = schema.safeParse(index._aiprod);
  if (parsed.success) {
    const { numFrames: frames, maxSequenceLength, ...defaults } = parsed.data;
    const { enlarged } = usual.defaults;
    return { defaults: { ...defaults, frames, ...(enlarged === undefined ? {} : { enlarged }) }, maxSequenceLength };
  }
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-weights', `the settings of the model are not valid: ${issue.message}`, {
    where: `${name}/model_index.json, _aiprod.${issue.path.join('.')}`,
  });
}
