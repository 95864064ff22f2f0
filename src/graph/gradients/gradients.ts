import { AiprodError } from '../../errors';
import { add, cast } from '../arithmetic';
import { isLeaf, type Graph, type NodeId } from '../graph';
import { operationNamed } from '../operation';
import { removeDeadCode } from '../passes/dead-code';
import { Tracer, type Tensor } from '../tracer';
import { elementCount, sameShape } from '../types';

/**
 * Traces the gradients of a loss by some values of its tracer (reverse mode; Griewank and Walther 2008, "Evaluating Derivatives").
 * Only what lies between those values and the loss is gone through. Gradients are f32, whatever the values' storage type.
 * Goes before fusion.
 * @param loss one element, f32
 * @param wrt floats
 * @returns the gradient by each of `wrt`, of its shape; undefined where the loss does not depend on it.
 * @throws AiprodError 'missing-feature' that names an operation without a gradient rule.
 */
export function gradientsOf(loss: Tensor, wrt: readonly Tensor[]): (Tensor | undefined)[] {
  const { tracer } = loss;
  if (elementCount(loss.shape) !== 1 || loss.dtype !== 'f32') {
    throw new AiprodError('shape-mismatch', 'only a single number has gradients', {
      expected: 'a loss of one f32 element',
      found: `[${loss.shape.join(', ')}]${loss.dtype}`,
    });
  }
  const active = dependents(tracer, loss.id, wrt);
  const gradients = new Map<NodeId, Tensor>([[loss.id, tracer.constant(new Float32Array([1]), loss.shape, 'f32')]]);
  for (let id = loss.id; id >= 0; id--) {
    const node = tracer.nodeAt(id);
    const gradient = gradients.get(id);
    if (gradient === undefined || !active[id] || isLeaf(node)) continue;
    const rule = ruleOf(node.operation, node.label, node.epilogue !== undefined);
    tracer.scope(`${node.label}.gradient`, () => {
      const inputs = node.inputs.map((input) => tracer.value(input));
      const found = rule({
        inputs,
        output: tracer.value(id),
        gradient,
        attributes: node.attributes,
        wants: (index) => index < inputs.length && active[inputs[index].id],
      });
      inputs.forEach((input, index) => {
        const contribution = active[input.id] ? found[index] : undefined;
        if (contribution === undefined) return;
        if (!sameShape(contribution.shape, input.shape)) {
          throw new AiprodError('internal', `the gradient rule of ${node.operation} has the wrong shape`, {
            expected: `[${input.shape.join(', ')}]`,
            found: `[${contribution.shape.join(', ')}]`,
          });
        }
        const before = gradients.get(input.id);
        gradients.set(input.id, before === undefined ? cast(contribution, 'f32') : add(before, contribution, 'f32'));
      });
    });
  }
  return wrt.map(({ id }) => gradients.get(id));
}

/** Which float values up to the loss depend on one of `wrt`. */
function dependents(tracer: Tracer, loss: NodeId, wrt: readonly Tensor[]): boolean[] {
  const wanted = new Set(wrt.map(({ id }) => id));
  const active: boolean[] = [];
  for (let id = 0; id <= loss; id++) {
    const { inputs, dtype } = tracer.nodeAt(id);
    const float = dtype === 'f32' || dtype === 'f16';
    active.push(float && (wanted.has(id) || inputs.some((input) => active[input])));
  }
  return active;
}

function ruleOf(operation: string, label: string, fused: boolean): NonNullable<ReturnType<typeof operationNamed>['gradient']> {
  if (fused) throw new AiprodError('internal', 'gradients are taken before fusion', { where: label });
  const { gradient } = operationNamed(operation);
  if (gradient !== undefined) return gradient;
  throw new AiprodError('missing-feature', `the operation ${operation} has no gradient rule`, {
    where: label,
    hint: 'Train something that does not depend on it, or add a rule beside its shape rule',
  });
}

export interface DifferentiateOptions {
  /** The output whose gradients are wanted: one element, f32. */
  readonly loss: string;
  /** Parameters and inputs, by name. */
  readonly wrt: readonly string[];
  /** Further outputs to keep. */
  readonly keep?: readonly string[];
}

/** The output of {@link differentiate} that holds the gradient by a parameter or an input. */
export function gradientName(name: string): string {
  return `gradient.${name}`;
}

/**
 * From a graph with a loss to one with its gradients: outputs are the loss, what is kept, and `gradient.<name>` for each of
 * `wrt`, f32, in the layout in which the graph reads the value (a parameter's after its `permute`).
 * @throws AiprodError 'bad-input' when there is no such parameter or input, or the loss does not depend on it.
 */
export function differentiate(graph: Graph, { loss, wrt, keep = [] }: DifferentiateOptions): Graph {
  const tracer = Tracer.extending(graph);
  const values = wrt.map((name) => valueNamed(graph, tracer, name));
  const gradients = requiredGradients(tracer.outputValue(loss), values, wrt);
  wrt.forEach((name, k) => tracer.output(gradientName(name), gradients[k]));
  const kept = new Set([loss, ...keep, ...wrt.map(gradientName)]);
  const finished = tracer.finish();
  return removeDeadCode({ ...finished, outputs: new Map([...finished.outputs].filter(([name]) => kept.has(name))) });
}

/** As {@link gradientsOf}, for values on which the loss has to depend. @throws AiprodError 'bad-input' when it does not. */
export function requiredGradients(loss: Tensor, wrt: readonly Tensor[], names: readonly string[]): Tensor[] {
  return gradientsOf(loss, wrt).map((gradient, k) => {
    if (gradient !== undefined) return gradient;
    throw new AiprodError('bad-input', `the loss does not depend on ${names[k]}`, {
      expected: 'parameters and inputs that change the loss',
    });
  });
}

function valueNamed(graph: Graph, tracer: Tracer, name: string): Tensor {
  const ids = [...graph.parameters].flatMap(([id, spec]) => (spec.name === name ? [id] : []));
  const input = graph.inputs.get(name);
  if (input !== undefined) ids.push(input);
  if (ids.length === 1) return tracer.value(ids[0]);
  throw new AiprodError('bad-input', `the gradient by ${name} cannot be taken`, {
    expected: 'a parameter or an input that the graph reads in one type and order',
    found: ids.length === 0 ? 'neither' : `${ids.length} readings`,
  });
}
