import { AiprodError } from '../errors';
import type { Tensor, Tracer } from '../graph';

/**
 * Called by models with the module path of a value and the value in the reference's layout; `value` is only built when
 * someone asked for it. Names are those of the reference's submodules, e.g. `transformer_blocks.0.attn1`.
 */
export type Capture = (name: string, value: () => Tensor) => void;

/** A capture that nobody listens to. */
export const captureNothing: Capture = () => undefined;

/** Makes graph outputs of the named intermediate values; `finish` throws when one of them never came by. */
export function captureOutputs(tracer: Tracer, names: readonly string[]): { capture: Capture; finish: () => void } {
  const wanted = new Set(names);
  return {
    capture: (name, value) => {
      if (wanted.delete(name)) tracer.output(name, value());
    },
    finish: () => {
      if (wanted.size > 0)
        throw new AiprodError('internal', 'the model has no such intermediate values', { found: [...wanted].join(', ') });
    },
  };
}
