/** What every node that denoises does alike: it goes along its schedule, step by step, stops where it is told and goes on from there. */
import { createSolver, type GuidancePass, type Guider, type Schedule, type SolverConfig } from '../../diffusion';
import { AiprodError } from '../../errors';
import type { Video } from '../../models';
import type { NodeContext } from '../dag';
import { denoise, evaluationsOfSteps, type DenoiseRequest, type DenoiseState } from '../denoise';
import type { NoiseSource } from '../noise';
import { decodeState, encodeState } from '../run-state';
import type { TransformerSession, VideoMachine } from '../video-machine';

/** Those who watch denoising. */
export interface DenoiseHooks {
  /** After each step, and once before the first with what was done before. `flops` is the arithmetic of one prediction. */
  onStep?(node: string, step: { readonly state: DenoiseState; readonly steps: number; readonly flops: number }): void;
  /** Whether the run is to stop where it stands; it shows what there is before it does. */
  stops?(): boolean;
  /** The middle of the clip as it looks now, [1, 3, F, H, W]. */
  onPreview?(node: string, step: number, picture: Video): void;
}

/** Settings of a schedule and of the steps along it. */
interface ScheduleSettings {
  readonly sigmas: readonly number[];
  readonly timesteps: readonly number[];
  readonly solver: SolverConfig;
}

/** Draws of one step after its first come from this many steps further on. */
const drawStride = 10_000;

export function scheduleOf({ sigmas, timesteps }: Pick<ScheduleSettings, 'sigmas' | 'timesteps'>): Schedule {
  return { sigmas: Float32Array.from(sigmas), timesteps: Float32Array.from(timesteps) };
}

/** Arithmetic of each step: that of its passes, as often as the solver evaluates them; known without weights. */
export function workAlongSchedule(
  { scheduler }: Pick<VideoMachine, 'scheduler'>,
  own: ScheduleSettings,
  guider: Guider,
  flopsOf: (passes: readonly GuidancePass[]) => number,
): number[] {
  const steps = evaluationsOfSteps(createSolver(own.solver, scheduler), guider, scheduleOf(own));
  return steps.map(({ passes, evaluations }) => evaluations * flopsOf(passes));
}

export interface AlongSchedule extends Pick<DenoiseRequest, 'conditioning' | 'tokens'> {
  readonly settings: ScheduleSettings;
  readonly request: Parameters<VideoMachine['withTransformer']>[0];
  readonly guidance: Guider;
  readonly noise: NoiseSource;
  /** The latents to begin with, where no checkpoint says otherwise. */
  first(): Float32Array;
  /** After a step was kept and told; `denoised` as of DenoiseRequest, `stops` where no step follows for now. */
  afterStep?(session: TransformerSession, state: DenoiseState, denoised: () => Float32Array, stops: boolean): Promise<void>;
}

/** Denoises from the latest checkpoint on, or from the beginning; each step is kept and told to those who watch. */
export async function alongSchedule(
  machine: VideoMachine,
  hooks: DenoiseHooks,
  { name, signal, checkpoint, progress }: Pick<NodeContext<unknown>, 'name' | 'signal' | 'checkpoint' | 'progress'>,
  { settings, request, guidance, noise, first, afterStep, ...more }: AlongSchedule,
): Promise<DenoiseState> {
  const schedule = scheduleOf(settings);
  const steps = schedule.timesteps.length;
  const kept = await checkpoint.load();
  const begin: DenoiseState = kept === undefined ? { step: 0, latents: first() } : await decodeState(kept, `checkpoint of ${name}`);
  if (begin.step === steps) return begin;
  return machine.withTransformer(request, signal, async (session) => {
    const { model, flops } = session;
    progress(begin.step, steps);
    hooks.onStep?.(name, { state: begin, steps, flops });
    if (hooks.stops?.() === true) throw cancelled();
    return denoise({
      ...more,
      scheduler: machine.scheduler,
      schedule,
      state: begin,
      guidance,
      solver: createSolver(settings.solver, machine.scheduler),
      model,
      noise: (step, draw) => noise('steps', step + draw * drawStride, begin.latents.length),
      async onStep(state, denoised) {
        await checkpoint.save(encodeState(state));
        hooks.onStep?.(name, { state, steps, flops });
        progress(state.step, steps);
        const stops = hooks.stops?.() === true;
        await afterStep?.(session, state, denoised, stops);
        if (signal.aborted || stops) throw cancelled();
      },
    });
  });
}

const cancelled = (): AiprodError => new AiprodError('cancelled', 'the run was cancelled');
