import {
  operandsOf,
  withOperands,
  type BinaryFunction,
  type PointwiseExpression,
  type PointwiseStep,
  type UnaryFunction,
} from './expression';

/** Steps in the making: equal steps are shared, and arithmetic with 0 and 1 is done at once. */
class Steps {
  readonly list: PointwiseStep[] = [];
  private readonly known = new Map<string, number>();

  push(step: PointwiseStep): number {
    const key = JSON.stringify(step);
    const existing = this.known.get(key);
    if (existing !== undefined) return existing;
    this.list.push(step);
    this.known.set(key, this.list.length - 1);
    return this.list.length - 1;
  }

  constant(value: number): number {
    return this.push({ kind: 'constant', value });
  }

  unary(name: UnaryFunction, operand: number): number {
    return this.push({ kind: 'unary', function: name, operand });
  }

  add(left: number, right: number): number {
    if (this.valueOf(left) === 0) return right;
    if (this.valueOf(right) === 0) return left;
    return this.binary('add', left, right);
  }

  subtract(left: number, right: number): number {
    return this.valueOf(right) === 0 ? left : this.binary('subtract', left, right);
  }

  multiply(left: number, right: number): number {
    const [a, b] = [this.valueOf(left), this.valueOf(right)];
    if (a === 0 || b === 0) return this.constant(0);
    if (a === 1) return right;
    if (b === 1) return left;
    return a !== undefined && b !== undefined ? this.constant(a * b) : this.binary('multiply', left, right);
  }

  binary(name: BinaryFunction, left: number, right: number): number {
    return this.push({ kind: 'binary', function: name, left, right });
  }

  select(condition: number, whenTrue: number, whenFalse: number): number {
    return whenTrue === whenFalse ? whenTrue : this.push({ kind: 'select', condition, whenTrue, whenFalse });
  }

  valueOf(step: number): number | undefined {
    const known = this.list[step];
    return known.kind === 'constant' ? known.value : undefined;
  }
}

/** d/dx of each function, times the gradient `g` of its result; `x` and `y` are its operand and its value. */
const unaryRules: Readonly<Record<UnaryFunction, (s: Steps, g: number, x: number, y: number) => number>> = {
  negate: (s, g) => s.unary('negate', g),
  absolute: (s, g, x) => s.multiply(g, s.subtract(s.binary('less', s.constant(0), x), s.binary('less', x, s.constant(0)))),
  exp: (s, g, _x, y) => s.multiply(g, y),
  log: (s, g, x) => s.binary('divide', g, x),
  sqrt: (s, g, _x, y) => s.binary('divide', s.multiply(g, s.constant(0.5)), y),
  rsqrt: (s, g, _x, y) => s.multiply(g, s.multiply(s.constant(-0.5), s.multiply(y, s.unary('square', y)))),
  sin: (s, g, x) => s.multiply(g, s.unary('cos', x)),
  cos: (s, g, x) => s.unary('negate', s.multiply(g, s.unary('sin', x))),
  tanh: (s, g, _x, y) => s.multiply(g, s.subtract(s.constant(1), s.unary('square', y))),
  sigmoid: (s, g, _x, y) => s.multiply(g, s.multiply(y, s.subtract(s.constant(1), y))),
  // With p = sigmoid(x): p + x p (1 - p) = p + y (1 - p).
  silu: (s, g, x, y) => {
    const p = s.unary('sigmoid', x);
    return s.multiply(g, s.add(p, s.multiply(y, s.subtract(s.constant(1), p))));
  },
  // With u = c (x + a x³) and t = tanh(u): (1 + t) / 2 + x (1 - t²) u' / 2.
  gelu_tanh: (s, g, x) => {
    const c = Math.sqrt(2 / Math.PI);
    const squared = s.unary('square', x);
    const u = s.multiply(s.constant(c), s.multiply(x, s.add(s.constant(1), s.multiply(s.constant(0.044715), squared))));
    const t = s.unary('tanh', u);
    const slope = s.multiply(s.constant(c), s.add(s.constant(1), s.multiply(s.constant(3 * 0.044715), squared)));
    const bend = s.multiply(s.multiply(x, s.subtract(s.constant(1), s.unary('square', t))), slope);
    return s.multiply(g, s.multiply(s.constant(0.5), s.add(s.constant(1), s.add(t, bend))));
  },
  // Φ(x) + x φ(x), of the normal distribution.
  gelu_erf: (s, g, x) => {
    const share = s.add(s.constant(1), s.unary('erf', s.multiply(x, s.constant(Math.SQRT1_2))));
    const density = s.multiply(s.constant(1 / Math.sqrt(2 * Math.PI)), s.unary('exp', s.multiply(s.constant(-0.5), s.unary('square', x))));
    return s.multiply(g, s.add(s.multiply(s.constant(0.5), share), s.multiply(x, density)));
  },
  erf: (s, g, x) => s.multiply(g, s.multiply(s.constant(2 / Math.sqrt(Math.PI)), s.unary('exp', s.unary('negate', s.unary('square', x))))),
  square: (s, g, x) => s.multiply(g, s.multiply(s.constant(2), x)),
};

type OperandGradients = readonly [left: number | undefined, right: number | undefined];

/** Gradients by both operands; undefined is zero everywhere. Equal operands of minimum and maximum share the gradient. */
const binaryRules: Readonly<Record<BinaryFunction, (s: Steps, g: number, a: number, b: number, y: number) => OperandGradients>> = {
  add: (_s, g) => [g, g],
  subtract: (s, g) => [g, s.unary('negate', g)],
  multiply: (s, g, a, b) => [s.multiply(g, b), s.multiply(g, a)],
  divide: (s, g, _a, b, y) => {
    const left = s.binary('divide', g, b);
    return [left, s.unary('negate', s.multiply(left, y))];
  },
  minimum: (s, g, a, b) => [s.multiply(g, chosen(s, a, b)), s.multiply(g, chosen(s, b, a))],
  maximum: (s, g, a, b) => [s.multiply(g, chosen(s, b, a)), s.multiply(g, chosen(s, a, b))],
  power: (s, g, a, b, y) => [
    s.multiply(g, s.multiply(b, s.binary('power', a, s.subtract(b, s.constant(1))))),
    // 0 to any power stays 0, although its logarithm is infinite.
    s.multiply(g, s.select(s.binary('equal', a, s.constant(0)), s.constant(0), s.multiply(y, s.unary('log', a)))),
  ],
  less: () => [undefined, undefined],
  equal: () => [undefined, undefined],
};

/** 1 where a < b, a half where they are equal. */
function chosen(s: Steps, a: number, b: number): number {
  return s.add(s.binary('less', a, b), s.multiply(s.constant(0.5), s.binary('equal', a, b)));
}

/** An expression over some of the values it may read: its input k is value `inputs[k]`. */
export interface PickedExpression {
  readonly expression: PointwiseExpression;
  readonly inputs: readonly number[];
}

/**
 * The gradient by one input of an expression, by going through its steps backwards: an expression over the same inputs and, as
 * input `gradientInput`, the gradient of its value. Undefined where it is zero everywhere.
 */
export function differentiateExpression(
  expression: PointwiseExpression,
  input: number,
  gradientInput: number,
): PickedExpression | undefined {
  const steps = new Steps();
  const positions: number[] = [];
  for (const step of expression.steps) positions.push(steps.push(withOperands(step, at)));
  const gradients = new Map<number, number>([[expression.result, steps.push({ kind: 'input', index: gradientInput })]]);
  const give = (step: number, gradient: number | undefined): void => {
    if (gradient === undefined) return;
    const before = gradients.get(step);
    gradients.set(step, before === undefined ? gradient : steps.add(before, gradient));
  };
  const depends = dependents(expression.steps, input);
  let result: number | undefined;
  for (let k = expression.result; k >= 0; k--) {
    const g = gradients.get(k);
    if (g === undefined || !depends[k]) continue;
    const step = expression.steps[k];
    switch (step.kind) {
      case 'input':
        result = result === undefined ? g : steps.add(result, g);
        break;
      case 'unary':
        give(step.operand, unaryRules[step.function](steps, g, at(step.operand), at(k)));
        break;
      case 'binary': {
        const [left, right] = binaryRules[step.function](steps, g, at(step.left), at(step.right), at(k));
        if (depends[step.left]) give(step.left, left);
        if (depends[step.right]) give(step.right, right);
        break;
      }
      case 'select': {
        const zero = steps.constant(0);
        if (depends[step.whenTrue]) give(step.whenTrue, steps.select(at(step.condition), g, zero));
        if (depends[step.whenFalse]) give(step.whenFalse, steps.select(at(step.condition), zero, g));
        break;
      }
      case 'constant':
      case 'accumulator':
        break;
    }
  }
  if (result === undefined || steps.valueOf(result) === 0) return undefined;
  return prune({ steps: steps.list, result });

  function at(step: number): number {
    return positions[step];
  }
}

/** Which steps depend on an input. */
function dependents(steps: readonly PointwiseStep[], input: number): boolean[] {
  const depends: boolean[] = [];
  for (const step of steps) {
    depends.push(step.kind === 'input' ? step.index === input : operandsOf(step).some((operand) => depends[operand]));
  }
  return depends;
}

/** Without the steps that the result does not need; its inputs are counted anew, in their old order. */
function prune({ steps, result }: PointwiseExpression): PickedExpression {
  const needed = new Set([result]);
  for (let k = result; k >= 0; k--) if (needed.has(k)) for (const operand of operandsOf(steps[k])) needed.add(operand);
  const kept = steps.flatMap((step, k) => (needed.has(k) ? [{ step, k }] : []));
  const inputs = [...new Set(kept.flatMap(({ step }) => (step.kind === 'input' ? [step.index] : [])))].sort((a, b) => a - b);
  const places = new Map(kept.map(({ k }, place) => [k, place]));
  const placeOf = (k: number): number => places.get(k) ?? -1;
  const renamed = kept.map(({ step }) =>
    step.kind === 'input' ? { ...step, index: inputs.indexOf(step.index) } : withOperands(step, placeOf),
  );
  return { expression: { steps: renamed, result: placeOf(result) }, inputs };
}
