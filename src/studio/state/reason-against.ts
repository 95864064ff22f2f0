import { readMemoryLimit } from '../models/memory-limit';
import type { Problem } from './problem';
import type { Reason } from './reason';
import { readDraft } from './settings';
import { sizeKey, type StudioState } from './studio-store';

/** What a reason calls things by, in the language that it is told in. */
export interface Titles {
  modelTitle(name: string): string;
  problemTitle(problem: Problem): string;
}

/** Why the form as it stands makes no clip; undefined when nothing is in the way. */
export function reasonAgainst(state: StudioState, { modelTitle, problemTitle }: Titles): Reason | undefined {
  const { environment, draft, modelWork, memoryLimit, forecast, ownSound, inputs, wildcardLists: lists } = state;
  if (environment.status === 'unavailable') return { key: 'unavailable', values: { problem: problemTitle(environment.problem) } };
  if (environment.status === 'checking') return { key: 'checking' };
  if (modelWork.status === 'opening') return { key: 'openingModel', values: { model: modelTitle(modelWork.name) } };
  const reading = readDraft(draft, environment.description.traits, { ownSound, inputs, lists });
  if (!reading.ok) return reading.reason;
  const limit = readMemoryLimit(memoryLimit);
  if (!limit.ok) return limit.reason;
  if (forecast.status === 'known' && !forecast.memory.fits && state.forecastFor === sizeKey(state)) return { key: 'tooMuchMemory' };
  return undefined;
}
