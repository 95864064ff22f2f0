/** Figures that judge pictures and clips, each equal to a reference implementation's; see docs/metrics.md for their definitions. */
export { blockSsim } from './block-ssim';
export { brokenBounds, parseBound, type Bound, type BrokenBound } from './bounds';
export { measureClip, type ClipFigures, type FigureSummary, type FrameFigures } from './clip-figures';
export { verifiesMetricCase, verifyMetricCase } from './golden';
export { averageHash, differenceHash, hashDistance, perceptualHash } from './image-hash';
export { lpipsLayer, type FeatureMap } from './lpips-head';
export { colorPlanes, lumaPlane, type Plane } from './planes';
export { meanSquaredError, psnrOfError } from './psnr';
export { gaussianSsim, uniformSsim } from './ssim';
export { observeSight, type Sight, type SightObserver } from './sight';
export {
  measureSync,
  syncCues,
  syncOverTime,
  withSync,
  type CueFigures,
  type SyncCue,
  type SyncFigures,
  type SyncOptions,
  type SyncWindow,
} from './sync';
export { flickerScore, laplacianVariance, smoothnessScore } from './temporal';
