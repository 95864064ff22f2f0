import { AiprodError } from '../errors';
import { sameShape, type HostTensor } from '../graph';
import type { LossRecord } from './divergence';
import type { LossScale } from './loss-scaling';

/**
 * All that the steps to come depend on beside their batches. Randomness needs no state of its own: it is keyed by seed and step.
 * `record` and `scale` are plain JSON (`lossRecordSchema`, `lossScaleSchema`); tensors are in the order in which the graph reads them.
 */
export interface TrainerState {
  /** Steps done. */
  readonly step: number;
  /** Trained weights, their masters and averages, and the optimiser's state, by name. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** The latest losses. */
  readonly record: LossRecord;
  /** Where the loss is scaled. */
  readonly scale?: LossScale;
}

/** @throws AiprodError 'bad-input' when a state is not of the training whose tensors have these types. */
export function checkState(
  { step, tensors, scale }: TrainerState,
  types: ReadonlyMap<string, { readonly shape: readonly number[]; readonly dtype: string }>,
  scaled: boolean,
): void {
  const refuse = (expected: string, found: string): never => {
    throw new AiprodError('bad-input', 'the saved state is of another training', {
      expected,
      found,
      hint: 'Resume with the configuration that the state was saved with',
    });
  };
  const describe = ({ shape, dtype }: { readonly shape: readonly number[]; readonly dtype: string }): string =>
    `[${shape.join(', ')}]${dtype}`;
  if (!Number.isSafeInteger(step) || step < 0) refuse('a number of steps', String(step));
  if ((scale !== undefined) !== scaled) refuse(`${scaled ? 'a' : 'no'} loss scale`, scaled ? 'none' : 'one');
  for (const [name, type] of types) {
    const tensor = tensors.get(name);
    if (tensor === undefined) refuse(`a tensor ${name}`, 'none');
    else if (!sameShape(tensor.shape, type.shape) || tensor.dtype !== type.dtype) refuse(`${name} ${describe(type)}`, describe(tensor));
  }
  const extra = [...tensors.keys()].find((name) => !types.has(name));
  if (extra !== undefined) refuse(`${types.size} tensors`, `another one, ${extra}`);
}
