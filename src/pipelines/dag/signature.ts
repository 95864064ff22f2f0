import { sha256 } from '../../numeric/sha256';
import { refsOf, type NodeKinds } from './order';
import type { Json, NodeSpec, Ref } from './node';

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, item]: [string, Json]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

/**
 * The signature of each node: a hash of its kind, version and settings and of the signatures of everything it reads, hence of its
 * whole ancestry. Equal signatures mean equal outputs. Names and placement play no part.
 *
 * @param ordered see `orderNodes`
 */
export async function signaturesOf(ordered: readonly NodeSpec[], kinds: NodeKinds): Promise<ReadonlyMap<string, string>> {
  const signatures = new Map<string, string>();
  const described = (ref: Ref): Json => [signatures.get(ref.node) ?? '', ref.output];
  for (const node of ordered) {
    const inputs = Object.fromEntries(
      Object.entries(node.inputs).map(([name, refs]): [string, Json] => [name, [refs].flat().map(described)]),
    );
    const text = canonicalJson({
      kind: node.kind,
      version: kinds.get(node.kind)?.version ?? 0,
      settings: node.settings,
      condition: node.condition === undefined ? null : described(node.condition),
      inputs,
    });
    signatures.set(node.name, await sha256(text));
  }
  return signatures;
}

/** The nodes whose signature depends on a node: itself and all that read it, at any distance. */
export function descendantsOf(ordered: readonly NodeSpec[], name: string): ReadonlySet<string> {
  const found = new Set([name]);
  for (const node of ordered) if (refsOf(node).some((ref) => found.has(ref.node))) found.add(node.name);
  return found;
}
