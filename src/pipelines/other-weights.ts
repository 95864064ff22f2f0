import type { ParameterSource } from '../weights';
import type { VideoModel } from './model-family';
import { weightAccess } from './opening/component-weights';
import type { ModelWeights } from './opening/model-weights';

/**
 * A model with other weights in the place of a component's own; the model itself stays as it is.
 * @param mark by which results made with these weights are known from others: different whenever the weights are
 */
export function withWeights<Model extends VideoModel>(model: Model, component: string, source: ParameterSource, mark: string): Model {
  const all: ModelWeights<string> = model;
  return {
    ...model,
    ...weightAccess((name: string) => (name === component ? Promise.resolve(source) : all.parameters(name))),
    stored: (name: string) => (name === component ? source : all.stored(name)),
    fingerprints: async () => ({ ...(await model.fingerprints()), [`${component}/${mark}`]: mark }),
  };
}
