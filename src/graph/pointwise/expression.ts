/**
 * Arithmetic on single elements as a list of steps in which each step may use earlier ones (static single assignment).
 * Every elementwise operation of the graph is such an expression, so that fusing two of them is joining two lists.
 */
export type PointwiseStep =
  /** The k-th input of the node, broadcast to the output's shape. */
  | { readonly kind: 'input'; readonly index: number }
  /** The value of the operation that absorbed this expression (see Operation.epilogueAfter). */
  | { readonly kind: 'accumulator' }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'unary'; readonly function: UnaryFunction; readonly operand: number }
  | { readonly kind: 'binary'; readonly function: BinaryFunction; readonly left: number; readonly right: number }
  /** `condition != 0 ? whenTrue : whenFalse` */
  | { readonly kind: 'select'; readonly condition: number; readonly whenTrue: number; readonly whenFalse: number };

export interface PointwiseExpression {
  readonly steps: readonly PointwiseStep[];
  /** Index of the step that is the expression's value. */
  readonly result: number;
}

export type UnaryFunction =
  | 'negate'
  | 'absolute'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'rsqrt'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'silu'
  | 'gelu_tanh'
  | 'gelu_erf'
  | 'erf'
  | 'square';

/** `less` and `equal` give 1 or 0. */
export type BinaryFunction = 'add' | 'subtract' | 'multiply' | 'divide' | 'minimum' | 'maximum' | 'power' | 'less' | 'equal';

/** The earlier steps that a step uses. */
export function operandsOf(step: PointwiseStep): readonly number[] {
  switch (step.kind) {
    case 'unary':
      return [step.operand];
    case 'binary':
      return [step.left, step.right];
    case 'select':
      return [step.condition, step.whenTrue, step.whenFalse];
    case 'input':
    case 'accumulator':
    case 'constant':
      return [];
  }
}

/** The same step over operands that stand at other places. */
export function withOperands(step: PointwiseStep, placeOf: (operand: number) => number): PointwiseStep {
  switch (step.kind) {
    case 'unary':
      return { ...step, operand: placeOf(step.operand) };
    case 'binary':
      return { ...step, left: placeOf(step.left), right: placeOf(step.right) };
    case 'select':
      return {
        kind: 'select',
        condition: placeOf(step.condition),
        whenTrue: placeOf(step.whenTrue),
        whenFalse: placeOf(step.whenFalse),
      };
    case 'input':
    case 'accumulator':
    case 'constant':
      return step;
  }
}

/** Highest input index used, plus one. */
export function expressionInputCount(expression: PointwiseExpression): number {
  let count = 0;
  for (const step of expression.steps) if (step.kind === 'input') count = Math.max(count, step.index + 1);
  return count;
}

/** Error function by Abramowitz and Stegun's series and continued fraction in f64; absolute error below 1e-15. */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  let value: number;
  if (magnitude < 2.5) {
    let term = magnitude;
    let sum = magnitude;
    for (let n = 1; n < 60; n++) {
      term *= (-magnitude * magnitude) / n;
      sum += term / (2 * n + 1);
    }
    value = (2 / Math.sqrt(Math.PI)) * sum;
  } else if (magnitude < 6) {
    let fraction = 0;
    for (let n = 60; n >= 1; n--) fraction = n / 2 / (magnitude + fraction);
    value = 1 - Math.exp(-magnitude * magnitude) / Math.sqrt(Math.PI) / (magnitude + fraction);
  } else {
    value = 1;
  }
  return x < 0 ? -value : value;
}

const unaryFunctions: Readonly<Record<UnaryFunction, (x: number) => number>> = {
  negate: (x) => -x,
  absolute: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  gelu_erf: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  erf,
  square: (x) => x * x,
};

const binaryFunctions: Readonly<Record<BinaryFunction, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  minimum: Math.min,
  maximum: Math.max,
  power: Math.pow,
  less: (a, b) => (a < b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
};

/** Value of the expression; `scratch` has room for every step. */
export function evaluateExpression(
  expression: PointwiseExpression,
  readInput: (index: number) => number,
  accumulator: number,
  scratch: Float64Array,
): number {
  const { steps } = expression;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    switch (step.kind) {
      case 'input':
        scratch[i] = readInput(step.index);
        break;
      case 'accumulator':
        scratch[i] = accumulator;
        break;
      case 'constant':
        scratch[i] = step.value;
        break;
      case 'unary':
        scratch[i] = unaryFunctions[step.function](scratch[step.operand]);
        break;
      case 'binary':
        scratch[i] = binaryFunctions[step.function](scratch[step.left], scratch[step.right]);
        break;
      case 'select':
        scratch[i] = scratch[step.condition] !== 0 ? scratch[step.whenTrue] : scratch[step.whenFalse];
        break;
    }
  }
  return scratch[expression.result];
}

/**
 * Joins two expressions: wherever `consumer` reads input `at`, the value of `producer` takes its place. `mapInput` renames
 * the other inputs of the consumer, `mapProducerInput` those of the producer. Equal input and constant steps are shared.
 */
export function joinExpressions(
  producer: PointwiseExpression,
  consumer: PointwiseExpression,
  at: (index: number) => boolean,
  mapInput: (index: number) => number,
  mapProducerInput: (index: number) => number,
): PointwiseExpression {
  const steps: PointwiseStep[] = [];
  const known = new Map<string, number>();
  const push = (step: PointwiseStep): number => {
    const key = JSON.stringify(step);
    const existing = known.get(key);
    if (existing !== undefined) return existing;
    steps.push(step);
    known.set(key, steps.length - 1);
    return steps.length - 1;
  };
  const place = (expression: PointwiseExpression, rename: (step: PointwiseStep & { kind: 'input' }) => number): number => {
    const positions: number[] = [];
    for (const step of expression.steps) {
      positions.push(step.kind === 'input' ? rename(step) : push(withOperands(step, (operand) => positions[operand])));
    }
    return positions[expression.result];
  };
  const produced = place(producer, (step) => push({ kind: 'input', index: mapProducerInput(step.index) }));
  const result = place(consumer, (step) => (at(step.index) ? produced : push({ kind: 'input', index: mapInput(step.index) })));
  return { steps, result };
}
