/** Clips that a program asks for. Loaded with the first of them. */
import { AiprodError } from '../errors';
import type { GeneratedClip, JobInput } from '../pipelines';
import { englishReasonAgainst, type StudioHandle, type StudioState } from '../studio';

/** The settings of the form that a program may set. */
export type GenerateSettings = Partial<
  Pick<JobInput, 'prompt' | 'negativePrompt' | 'width' | 'height' | 'frames' | 'steps' | 'guidanceScale' | 'seed'>
>;

/** Waits for a state; it may be the one at hand. */
function stateWhere(store: StudioHandle['store'], holds: (state: StudioState) => boolean): Promise<StudioState> {
  return new Promise((resolve) => {
    if (holds(store.getState())) return resolve(store.getState());
    const end = store.subscribe((state) => {
      if (!holds(state)) return;
      end();
      resolve(state);
    });
  });
}

/** Whether what is asked for now is not overtaken by what is still being opened, or nothing can be made at all. */
const isSettled = ({ environment, phase, modelWork }: StudioState): boolean =>
  environment.status === 'unavailable' || (environment.status === 'ready' && phase === 'open' && modelWork.status !== 'opening');

/** @throws AiprodError see `StudioApi.generate` */
export async function generate(store: StudioHandle['store'], settings: GenerateSettings = {}): Promise<GeneratedClip> {
  const { environment, run, edit, queue } = await stateWhere(store, isSettled);
  if (environment.status === 'unavailable') throw new AiprodError(environment.problem.code, environment.problem.report);
  if (run.status === 'running') throw new AiprodError('bad-usage', 'A clip is being made already', { hint: 'Wait for it, or stop it' });
  const texts: Record<string, string> = { count: '1', stopAt: '' };
  for (const [name, value] of Object.entries(settings)) texts[name] = String(value);
  edit({ ...texts, ...(settings.seed === undefined ? {} : { seedLocked: true }) });
  const working = store.getState().generate();
  // The queue has taken the job by now, or never will.
  const queued = store.getState().queue.find(({ id }) => queue.every((before) => before.id !== id));
  if (queued === undefined) {
    await working;
    throw new AiprodError('bad-usage', 'No clip can be made with the settings as they stand', {
      hint: englishReasonAgainst(store.getState()) ?? 'Wait until the studio is open',
    });
  }
  // A program that asks for a clip does not wait for a person to go on with a paused queue.
  if (queued.state === 'waiting') {
    await working;
    void store.getState().resume(queued.id);
  }
  return outcomeOf(store, queued.id);
}

/** Waits for the clip of a job of the queue. */
async function outcomeOf(store: StudioHandle['store'], id: string): Promise<GeneratedClip> {
  const jobOf = ({ queue }: StudioState) => queue.find((entry) => entry.id === id);
  const ended = await stateWhere(store, (state) => {
    const job = jobOf(state);
    return state.phase === 'closed' || job === undefined || job.state === 'failed' || job.state === 'suspended';
  });
  const clip = ended.clips.find((known) => known.id === id) ?? (ended.madeElsewhere?.id === id ? ended.madeElsewhere : undefined);
  if (clip !== undefined) return clip.content;
  const job = jobOf(ended);
  if (job?.problem !== undefined) throw new AiprodError(job.problem.code, job.problem.report);
  if (job?.state === 'suspended') throw new AiprodError('cancelled', 'The run was stopped', { hint: 'Resume it in the studio' });
  throw new AiprodError('cancelled', ended.phase === 'closed' ? 'The studio was closed' : 'The job was taken out of the queue');
}
