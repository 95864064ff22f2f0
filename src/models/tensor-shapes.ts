import { AiprodError } from '../errors';

/** Shapes of a model's tensors, by their names as diffusers has them. */
export interface TensorShapes {
  /** For messages. */
  readonly name: string;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** Reads shapes that must be there. @throws AiprodError `unsupported-model` when a tensor is missing or has another rank. */
export function shapeReader({ name: where, shapes }: TensorShapes): (name: string, rank: number) => readonly number[] {
  return (name, rank) => {
    const shape = shapes.get(name);
    if (shape?.length === rank) return shape;
    throw new AiprodError('unsupported-model', `the configuration cannot be told: ${name} is needed`, {
      where,
      expected: `a tensor of ${rank} dimensions`,
      found: shape === undefined ? 'none' : `[${shape.join(', ')}]`,
      hint: 'Check that the file is whole and belongs to an LTX-Video model',
    });
  };
}

/** How many entries a numbered list of modules has: one more than its highest number. */
export function countOf(names: Iterable<string>, list: string): number {
  const start = `${list}.`;
  let count = 0;
  for (const name of names) {
    if (!name.startsWith(start)) continue;
    const index = /^\d{1,4}(?=\.)/.exec(name.slice(start.length));
    if (index !== null) count = Math.max(count, Number(index[0]) + 1);
  }
  return count;
}
