/**
 * The parts of a diffusion sampler, as the field names them: schedulers, solvers, guiders, noisers, conditioning, patchifiers,
 * latent filters. All are pure functions on Float32Array on the CPU: latents are small, and this way a seed gives the same bits
 * on every machine.
 */
export * from './schedulers';
export * from './guiders';
export {
  denormalizeLatents,
  type LatentShape,
  type LatentStatistics,
  normalizeLatents,
  packedShape,
  packLatents,
  type PatchSize,
  unpackLatents,
} from './patchifiers';
export {
  audioLatentFrames,
  audioLatentsPerSecond,
  denormalizeAudioTokens,
  normalizeAudioTokens,
  packAudioLatents,
  unpackAudioLatents,
  type AudioLatentRate,
  type AudioLatentShape,
  type AudioLatentStatistics,
} from './audio-latents';
export { adainFilter, toneMapLatents } from './latent-filters';
export { calculateShift, linearQuadraticSigmas, pipelineSigmas, type ShiftAnchors, startStep, trainTimesteps } from './timesteps';
export { diffusionRecipes, verifyPackLatents } from './verify';
export * from './conditioning';
export * from './solvers';
export { noiseTokens, type PartialStart, startFromVideo } from './noisers';
