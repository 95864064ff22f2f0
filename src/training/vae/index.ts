/** Training of video VAEs: encoder, draw, decoder and a loss of several parts as one graph. */
export { edgeError } from './edge-error';
export { divergenceFromNormal, posteriorOf, reparameterised, type Posterior } from './posterior';
export {
  latentShape,
  vaeLossInputs,
  vaeLossTerms,
  vaeTrainingGraph,
  vaeTrainingNames,
  type VaeLossTerm,
  type VaeLossWeights,
  type VaeTrainingGraphOptions,
} from './vae-training-graph';
