import { withWeights, type VideoModel } from '../../pipelines';
import { replaceWeights, type ParameterSource } from '../../weights';
import type { ReadTrained } from '../outputs/lora-file';
import type { TrainedPart } from './trained-part';
import type { TrainedComponent } from './training-subject';

/** A component whose weights are all trained. */
interface WholeComponent {
  readonly component: TrainedComponent;
  /** As they were before. */
  readonly weights: ParameterSource;
  readonly part: TrainedPart;
}

/** A model with the weights of a component as they are now. @param name by which its results are known */
export function withTrained(model: VideoModel, { component, weights, part }: WholeComponent, read: ReadTrained, name: string): VideoModel {
  const source = replaceWeights(
    weights,
    (weight) => part.shapes.has(weight),
    async (weight) => new Float32Array(await read(weight)),
  );
  return withWeights(model, component, source, name);
}
