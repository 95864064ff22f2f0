/** Graphs of named nodes: lazy, cached by the signature of a node's whole ancestry, resumable. Knows nothing of models. */
export { OutputCache } from './cache';
export {
  isTensor,
  nodeKind,
  NodeInputs,
  type Checkpoint,
  type Json,
  type Keeping,
  type NodeContext,
  type NodeEstimate,
  type NodeGraph,
  type NodeKind,
  type NodeOutputs,
  type NodeSpec,
  type NodeValue,
  type Placement,
  type Ref,
  type TensorValue,
} from './node';
export { orderNodes, type NodeKinds } from './order';
export { runGraph, type NodeEvent, type RunReport, type RunRequest, type RunResult } from './run';
export { canonicalJson, descendantsOf, signaturesOf } from './signature';
export { decodeOutputs, encodeOutputs, memoryStore, type NodeStore } from './store';
