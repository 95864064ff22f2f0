import { AiprodError } from '../../errors';
import { parseConfig } from '../parse-config';
import { flowMatchEulerConfigSchema, flowMatchEulerScheduler } from './flow-match-euler';
import { ltxEulerAncestralConfigSchema, ltxEulerAncestralScheduler } from './ltx-euler-ancestral';
import type { Scheduler } from './scheduler';
import { uniPcConfigSchema, uniPcScheduler } from './unipc-multistep';

export type { Schedule, Scheduler, ScheduleRequest, StepHistory, StepInput, StepResult } from './scheduler';
export { scheduleFrom } from './scheduler';
export {
  conditionedTimesteps,
  eulerStep,
  type FlowMatchEulerConfig,
  flowMatchEulerConfigSchema,
  flowMatchSchedule,
  perTokenEulerStep,
  scaleNoise,
  stochasticStep,
} from './flow-match-euler';
export { type LtxEulerAncestralConfig, ltxEulerAncestralConfigSchema } from './ltx-euler-ancestral';
export { type SigmaSpacing, sigmaSpacings, sigmaSpacingSchema, spacedSigmas } from './sigma-spacings';
export { type UniPcConfig, uniPcConfigSchema } from './unipc-multistep';

/**
 * The scheduler that a reference class name and its config (scheduler_config.json) describe.
 *
 * @throws AiprodError 'unsupported-model' for another class, 'bad-input' for a config that does not validate
 */
export function createScheduler(className: string, config: unknown): Scheduler {
  const where = `${className} config`;
  switch (className.replace(/^diffusers\./, '')) {
    case 'FlowMatchEulerDiscreteScheduler':
      return flowMatchEulerScheduler(parseConfig(flowMatchEulerConfigSchema, config, where));
    case 'LTXEulerAncestralRFScheduler':
      return ltxEulerAncestralScheduler(parseConfig(ltxEulerAncestralConfigSchema, config, where));
    case 'UniPCMultistepScheduler':
      return uniPcScheduler(parseConfig(uniPcConfigSchema, config, where));
    default:
      throw new AiprodError('unsupported-model', 'This scheduler is not known', {
        expected: 'FlowMatchEulerDiscreteScheduler, LTXEulerAncestralRFScheduler or UniPCMultistepScheduler',
        found: className,
      });
  }
}
