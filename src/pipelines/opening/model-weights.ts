import type { ParameterReader } from '../../graph';
import type { ParameterSource } from '../../weights';

/** The weights of a model's components, read when a pipeline needs them. */
export interface ModelWeights<Component extends string> {
  /** Names of the components. */
  readonly components: readonly Component[];
  /** Bytes of all weights as stored. */
  readonly weightBytes: number;
  /** Weights of a component under the names that its graphs use. */
  parameters(component: Component): Promise<ParameterSource>;
  /** How weights of a component are stored, known without reading them. */
  stored(component: Component): Pick<ParameterSource, 'encoding'>;
  /** Reads weights of a component; refuses ones that are missing or not finite. */
  reader(component: Component): ParameterReader;
  /** Refuses, in one error, every weight that is missing or has another shape than `wanted` says. */
  check(component: Component, wanted: ReadonlyMap<string, readonly number[]>): Promise<void>;
  /** File to fingerprint, for recipes; hashed on first use. */
  fingerprints(): Promise<Readonly<Record<string, string>>>;
  /** Closes the weight files. */
  close(): Promise<void>;
}
