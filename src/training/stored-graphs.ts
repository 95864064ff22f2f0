/** The programs of a step, with weights as they are stored. */
import { storeParametersAs, type Graph } from '../graph';
import type { TrainerOptions } from './trainer';
import { gradientGraph, updateGraph } from './training-graphs';

/** Forward and backward with weights as they are stored: trained ones in bfloat16 where that is asked for, others as `frozen` says. */
export function storedGradientGraph(model: Graph, options: TrainerOptions, summed: boolean): Graph {
  const { storage, frozen, trainable } = options;
  const graph = gradientGraph(model, options, summed);
  if (storage === undefined && frozen === undefined) return graph;
  const trained = new Set(trainable);
  return storeParametersAs(graph, (spec, use) => {
    if (!trained.has(spec.name)) return frozen?.(spec, use);
    const isMatrix = spec.storedShape.length === 2 && spec.permute === undefined;
    return storage === 'bf16' && isMatrix ? { encoding: storage } : undefined;
  });
}

/** The optimiser, which rounds what is kept in bfloat16. */
export function storedUpdateGraph(model: Graph, options: TrainerOptions): Graph {
  const { trainable, optimizer, average } = options;
  return updateGraph(model, { trainable, optimizer, averaged: average !== undefined, rounded: roundedParameters(model, options) });
}

/** Names of the trained parameters that are kept in bfloat16. */
function roundedParameters(model: Graph, options: TrainerOptions): ReadonlySet<string> {
  if (options.storage === undefined) return new Set();
  const { nodes, parameters } = storedGradientGraph(model, options, false);
  const encoded = nodes.flatMap(({ id, encoding }) => (encoding === undefined ? [] : [parameters.get(id)?.name ?? '']));
  return new Set(encoded.filter((name) => options.trainable.includes(name)));
}
