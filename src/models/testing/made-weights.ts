import type { ParameterReader } from '../../graph';
import { parameterShapes } from '../build';
import type { ModelGraph } from '../build-graph';

/** Weights that depend on name and place alone, for configurations that no reference case has. For tests. */
export function madeWeights({ graph }: ModelGraph): ParameterReader {
  const shapes = parameterShapes(graph);
  return (name) => {
    const size = (shapes.get(name) ?? []).reduce((product, side) => product * side, 1);
    const seed = [...name].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 9973, 7);
    return Float32Array.from({ length: size }, (_, k) => 0.15 * Math.sin(seed + 1.7 * k * (1 + (seed % 5))));
  };
}
