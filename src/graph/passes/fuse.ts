import { countUses, isLeaf, type Graph, type GraphNode, type NodeId } from '../graph';
import { operationNamed, type Capabilities } from '../operation';
import { isExpression } from '../operations/pointwise';
import { joinExpressions, type PointwiseExpression } from '../pointwise/expression';
import { sameShape } from '../types';
import { removeDeadCode } from './dead-code';

/** The most arithmetic that a repeated (broadcast) value may cost per element before it is worth storing instead. */
const cheapArithmetic = 2;

/**
 * Joins elementwise arithmetic with what produces its operands: pointwise into pointwise, and pointwise into the epilogue of
 * an operation that absorbs one (matmul + bias + activation + gate + residual is then one kernel). A value is only
 * absorbed where it has a single reader, so nothing is computed twice, except cheap arithmetic on small broadcast operands.
 * Bindings stay within what the device allows a kernel.
 */
export function fuse(graph: Graph, capabilities: Capabilities): Graph {
  // One binding is the output; operations may use one more for scratch.
  const bindingLimit = capabilities.maxStorageBuffersPerStage - 1;
  const uses = countUses(graph);
  const nodes: GraphNode[] = [...graph.nodes];
  for (const original of graph.nodes) {
    if (original.operation !== 'pointwise') continue;
    let node = nodes[original.id];
    for (let joined = true; joined;) {
      joined = false;
      for (const producerId of new Set(node.inputs)) {
        const producer = nodes[producerId];
        const fused =
          joinPointwise(producer, node, uses[producerId], bindingLimit) ??
          joinEpilogue(producer, node, uses[producerId], bindingLimit, nodes);
        if (fused === undefined) continue;
        node = fused;
        nodes[original.id] = node;
        joined = true;
        break;
      }
      if (node.operation !== 'pointwise') break;
    }
  }
  return takeInRepeated(removeDeadCode({ ...graph, nodes }), bindingLimit);
}

/**
 * Moves cheap arithmetic on small broadcast operands (the sums of a modulation's rows) into the epilogue that is its only reader.
 * Comes last: what would be stored whole goes first into the bindings that a kernel has.
 */
function takeInRepeated(graph: Graph, bindingLimit: number): Graph {
  const uses = countUses(graph);
  const nodes = graph.nodes.map((original) => {
    let node = original;
    for (const id of original.inputs) node = joinRepeated(graph.nodes[id], node, uses[id], bindingLimit) ?? node;
    return node;
  });
  return removeDeadCode({ ...graph, nodes });
}

/** The consumer's epilogue computes a pointwise operand itself; undefined when they must stay apart. */
function joinRepeated(producer: GraphNode, consumer: GraphNode, uses: number, bindingLimit: number): GraphNode | undefined {
  const inner = expressionOf(producer);
  if (inner === undefined || consumer.epilogue === undefined || uses !== 1 || !isCheap(inner)) return undefined;
  const { firstInput, expression: outer } = consumer.epilogue;
  const [own, extras] = [consumer.inputs.slice(0, firstInput), consumer.inputs.slice(firstInput)];
  if (!extras.includes(producer.id) || sameShape(producer.shape, consumer.shape)) return undefined;
  const inputs = mergedInputs(extras, producer);
  if (own.length + inputs.length > bindingLimit) return undefined;
  const expression = joinExpressions(
    inner,
    outer,
    (index) => extras[index] === producer.id,
    (index) => inputs.indexOf(extras[index]),
    (index) => inputs.indexOf(producer.inputs[index]),
  );
  return { ...consumer, inputs: [...own, ...inputs], epilogue: { expression, firstInput } };
}

function expressionOf(node: GraphNode): PointwiseExpression | undefined {
  const { expression } = node.attributes;
  return node.operation === 'pointwise' && isExpression(expression) ? expression : undefined;
}

function isCheap({ steps }: PointwiseExpression): boolean {
  const arithmetic = steps.filter((step) => step.kind !== 'input' && step.kind !== 'constant');
  return arithmetic.length <= cheapArithmetic && arithmetic.every((step) => step.kind !== 'unary' || step.function === 'negate');
}

/** Producer and consumer are both pointwise: one pointwise node, or undefined when they must stay apart. */
function joinPointwise(producer: GraphNode, consumer: GraphNode, uses: number, bindingLimit: number): GraphNode | undefined {
  const inner = expressionOf(producer);
  const outer = expressionOf(consumer);
  if (inner === undefined || outer === undefined) return undefined;
  const readings = consumer.inputs.filter((id) => id === producer.id).length;
  const single = uses === readings;
  const repeated = !sameShape(producer.shape, consumer.shape);
  if (!single || (repeated && !isCheap(inner))) return undefined;
  const inputs = mergedInputs(consumer.inputs, producer);
  if (inputs.length > bindingLimit) return undefined;
  const expression = joinExpressions(
    inner,
    outer,
    (index) => consumer.inputs[index] === producer.id,
    (index) => inputs.indexOf(consumer.inputs[index]),
    (index) => inputs.indexOf(producer.inputs[index]),
  );
  return { ...consumer, inputs, attributes: { ...consumer.attributes, expression } };
}

/** The consumer's inputs without the producer, and the producer's, each once. */
function mergedInputs(consumerInputs: readonly NodeId[], producer: GraphNode): NodeId[] {
  return [...new Set([...consumerInputs.filter((id) => id !== producer.id), ...producer.inputs])];
}

/** The producer absorbs the pointwise consumer as (a longer) epilogue. */
function joinEpilogue(
  producer: GraphNode,
  consumer: GraphNode,
  uses: number,
  bindingLimit: number,
  nodes: readonly GraphNode[],
): GraphNode | undefined {
  const outer = expressionOf(consumer);
  if (outer === undefined || !sameShape(producer.shape, consumer.shape)) return undefined;
  if (uses !== consumer.inputs.filter((id) => id === producer.id).length) return undefined;
  if (isLeaf(producer)) return undefined;
  const absorbs = operationNamed(producer.operation).absorbsEpilogue;
  const firstInput = producer.epilogue?.firstInput ?? producer.inputs.length;
  const own = producer.inputs.slice(0, firstInput);
  if (
    absorbs === undefined ||
    !absorbs(
      own.map((id) => nodes[id]),
      producer.attributes,
    )
  )
    return undefined;
  const earlier = producer.inputs.slice(firstInput);
  const extras = [...new Set([...earlier, ...consumer.inputs.filter((id) => id !== producer.id)])];
  if (own.length + extras.length > bindingLimit) return undefined;
  const inner: PointwiseExpression = producer.epilogue?.expression ?? { steps: [{ kind: 'accumulator' }], result: 0 };
  const expression = joinExpressions(
    inner,
    outer,
    (index) => consumer.inputs[index] === producer.id,
    (index) => extras.indexOf(consumer.inputs[index]),
    (index) => extras.indexOf(earlier[index]),
  );
  return {
    ...producer,
    id: consumer.id,
    inputs: [...own, ...extras],
    dtype: consumer.dtype,
    label: producer.label,
    epilogue: { expression, firstInput },
  };
}
