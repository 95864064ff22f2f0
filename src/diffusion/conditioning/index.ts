export { guideTokens, holdTokens, type LatentConditioning, type VelocityInput } from './latent-conditioning';
export { jointConditioning, type TokenRun, valuesOfElements } from './token-runs';
export { imageConditioningNoise, tokenStrengths } from './token-strengths';
export {
  coordinateTensor,
  givenTokens,
  gridBounds,
  gridCoordinates,
  type GridPlacement,
  joinedBounds,
  type LatentVideo,
  type TokenCoordinates,
  type TokenGrid,
  type TokenGroup,
  type TokenSequence,
  videoSequence,
  videoTokensOf,
  withTokens,
} from './token-sequence';
export {
  type ConditioningItem,
  conditioningItemSchema,
  type PlacedItem,
  placeConditions,
  type PlacementRequest,
  requireSameGrid,
} from './items';
