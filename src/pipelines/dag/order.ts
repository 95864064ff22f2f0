import { AiprodError } from '../../errors';
import type { NodeGraph, NodeKind, NodeSpec, Ref } from './node';

export type NodeKinds = ReadonlyMap<string, NodeKind>;

/** Every output that a node reads, its condition first. */
export function refsOf(node: NodeSpec): readonly Ref[] {
  const inputs = Object.values(node.inputs).flat();
  return node.condition === undefined ? inputs : [node.condition, ...inputs];
}

/** A ref as a key of maps. */
export function keyOf(ref: Ref): string {
  return `${ref.node}.${ref.output}`;
}

/**
 * The nodes so that each comes after what it reads; among those that could be next, in the order of the graph.
 *
 * @throws AiprodError `internal` for names that occur twice, kinds and refs that do not exist, settings of another kind, and
 * cycles.
 */
export function orderNodes(graph: NodeGraph, kinds: NodeKinds): readonly NodeSpec[] {
  const byName = new Map<string, NodeSpec>();
  for (const node of graph) {
    if (byName.has(node.name)) throw refuse(`two nodes are called ${node.name}`);
    byName.set(node.name, node);
  }
  const waitsFor = new Map<string, number>();
  const readers = new Map<string, string[]>();
  for (const node of graph) {
    const kind = kinds.get(node.kind);
    if (kind === undefined) throw refuse(`node ${node.name} is of a kind that does not exist: ${node.kind}`);
    kind.check(node.settings);
    const refs = refsOf(node);
    for (const ref of refs) {
      const source = byName.get(ref.node);
      if (source === undefined || kinds.get(source.kind)?.outputs.includes(ref.output) !== true) {
        throw refuse(`node ${node.name} reads ${keyOf(ref)}, which does not exist`);
      }
      readers.set(ref.node, [...(readers.get(ref.node) ?? []), node.name]);
    }
    waitsFor.set(node.name, refs.length);
  }
  const ordered: NodeSpec[] = [];
  let ready = graph.filter((node) => waitsFor.get(node.name) === 0);
  while (ready.length > 0) {
    ordered.push(...ready);
    const freed = new Set<string>();
    for (const { name } of ready) {
      for (const reader of readers.get(name) ?? []) {
        const left = (waitsFor.get(reader) ?? 0) - 1;
        waitsFor.set(reader, left);
        if (left === 0) freed.add(reader);
      }
    }
    ready = graph.filter((node) => freed.has(node.name));
  }
  if (ordered.length < graph.length) {
    const inCycle = graph.filter((node) => !ordered.includes(node)).map((node) => node.name);
    throw refuse(`the graph has a cycle among ${inCycle.join(', ')}`);
  }
  return ordered;
}

function refuse(message: string): AiprodError {
  return new AiprodError('internal', message);
}
