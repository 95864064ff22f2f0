import { storedBytes } from '../numeric/quantized';
import { DTYPE_BYTES, isStoredDtype, type ParameterSource } from '../weights';
import type { VideoModel } from './model-family';
import type { ModelWeights } from './opening/model-weights';

/** The weights of a component as they are stored. Plain data. */
export interface ComponentSummary {
  readonly component: string;
  readonly parameters: number;
  readonly bytes: number;
  /** By encoding, the largest first: `bf16`, `int4`, or the type of what is no weight. */
  readonly encodings: readonly {
    readonly encoding: string;
    readonly tensors: number;
    readonly parameters: number;
    readonly bytes: number;
  }[];
}

/** What the components of a model take as they are stored, by encoding; from headers alone. */
export async function componentSummaries(model: VideoModel): Promise<ComponentSummary[]> {
  const weights: ModelWeights<string> = model;
  const summaries: ComponentSummary[] = [];
  for (const component of weights.components) summaries.push(summaryOf(component, await weights.parameters(component)));
  return summaries;
}

function summaryOf(component: string, source: ParameterSource): ComponentSummary {
  const found = new Map<string, { encoding: string; tensors: number; parameters: number; bytes: number }>();
  for (const name of source.names()) {
    const shape = source.shape(name);
    const stored = source.encoding(name);
    const dtype = source.dtype(name);
    const count = shape.reduce((product, length) => product * length, 1);
    const encoding = stored?.encoding ?? dtype;
    // Blocks are always an encoding.
    const plain = isStoredDtype(dtype) ? count * DTYPE_BYTES[dtype] : 0;
    const bytes = stored === undefined ? plain : storedBytes(stored.encoding, shape, stored);
    const sum = found.get(encoding) ?? { encoding, tensors: 0, parameters: 0, bytes: 0 };
    sum.tensors += 1;
    sum.parameters += count;
    sum.bytes += bytes;
    found.set(encoding, sum);
  }
  const encodings = [...found.values()].sort((a, b) => b.bytes - a.bytes);
  const total = (field: 'parameters' | 'bytes'): number => encodings.reduce((sum, own) => sum + own[field], 0);
  return { component, parameters: total('parameters'), bytes: total('bytes'), encodings };
}
