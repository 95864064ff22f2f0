import { z } from 'zod';
import { pipelineNames } from '../../pipelines';
import type { Project } from '../../project';
import type { Draft } from '../state/settings';

const text = z.string();

/** The form as a project keeps it. Fields that another version had or lacks are left as they are. */
const keptSchema = z.object({
  model: z.string().optional().catch(undefined),
  draft: z
    .object({
      ...{ prompt: text, negativePrompt: text, width: text, height: text, frames: text, frameRate: text, steps: text },
      ...{ guidanceScale: text, seed: text, seedLocked: z.boolean(), loudness: text, count: text, stopAt: text },
      pipeline: z.enum(['', ...pipelineNames]),
      advanced: z.record(z.string(), text),
    })
    .partial()
    .catch({}),
});

/** What a project keeps of the form. */
export function composeOf(draft: Draft, model: string): Project['compose'] {
  return { model, draft: { ...draft, advanced: { ...draft.advanced } } };
}

/** The form that a project kept, as far as it did. */
export function draftOf(compose: Project['compose']): { readonly model?: string; readonly draft: Partial<Draft> } {
  const kept = keptSchema.safeParse(compose);
  return kept.success ? kept.data : { draft: {} };
}
