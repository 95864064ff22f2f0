import type { Generation } from './generation';

/** A generation among the others, as a tree is drawn: each below the one whose settings it began from. */
export interface GenerationNode {
  readonly generation: Generation;
  /** 0 for those that began from none. */
  readonly depth: number;
  readonly children: number;
  /** Among those of the same parent, from 1. */
  readonly position: number;
  readonly siblings: number;
}

/**
 * Generations in the order of a tree, the newest of each level first. One whose parent is gone, or would be its own ancestor, stands at
 * the top.
 * @param isOpen whether the children of one are listed
 */
export function generationTree(generations: readonly Generation[], isOpen: (id: string) => boolean = () => true): GenerationNode[] {
  const known = new Map(generations.map((generation) => [generation.id, generation]));
  const children = new Map<string | undefined, Generation[]>();
  for (const generation of generations) {
    const parent = hasRoot(generation, known) ? generation.parent : undefined;
    children.set(parent, [generation, ...(children.get(parent) ?? [])]);
  }
  const nodes: GenerationNode[] = [];
  const list = (parent: string | undefined, depth: number): void => {
    const siblings = children.get(parent) ?? [];
    for (const [at, generation] of siblings.entries()) {
      const own = children.get(generation.id)?.length ?? 0;
      nodes.push({ generation, depth, children: own, position: at + 1, siblings: siblings.length });
      if (own > 0 && isOpen(generation.id)) list(generation.id, depth + 1);
    }
  };
  list(undefined, 0);
  return nodes;
}

/** Whether following parents leads to the top through known ones. */
function hasRoot({ id, parent }: Generation, known: ReadonlyMap<string, Generation>): boolean {
  const passed = new Set([id]);
  for (let at = parent; at !== undefined; at = known.get(at)?.parent) {
    if (passed.has(at) || !known.has(at)) return false;
    passed.add(at);
  }
  return true;
}

/** Generations whose prompt, seed, number or model has all the words; all of them for no words. */
export function filterGenerations(generations: readonly Generation[], words: string, starredOnly: boolean): readonly Generation[] {
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return generations.filter(({ recipe: { job }, number, starred }) => {
    if (starredOnly && !starred) return false;
    const text = `#${number} ${job.prompt} ${job.negativePrompt} ${job.seed} ${job.model} ${job.pipeline}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
