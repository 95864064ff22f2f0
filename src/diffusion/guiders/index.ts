export { classifierFreeGuidance, guideAway, rescaleGuidance } from './formulas';
export {
  type Guidance,
  type GuidanceInput,
  type GuidanceInterval,
  type GuidancePoint,
  guidanceSchema,
  type GuidanceTerm,
  guidanceTermSchema,
} from './guidance';
export type { Guider, GuiderInput, GuiderMemory, GuiderResult, Predictions } from './guider';
export { combinedGuider, type GuiderOptions } from './combined';
export { type GuidedPart, jointGuider } from './joint';
export { type GuidancePass, type PassPerturbation, passesKey, passesOfRun, perturbationsOfPasses, predictionsOfPasses } from './passes';
export { createGuider } from './reference-classes';
export { type GuidancePreset, guidancePresetNames, guidancePresets, type GuidedModelTraits, stgBlocksOf } from './presets';
