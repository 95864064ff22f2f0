import { collapseBroadcast } from '../broadcast';
import type { Shape, TensorType } from '../types';
import type { BinaryFunction, PointwiseExpression, PointwiseStep, UnaryFunction } from './expression';

/** What a generated `package::epilogue` module reads beside the accumulator. */
export interface EpilogueInput {
  readonly type: TensorType;
  /** Binding number in group 0; the module refers to the element type as `T<binding>`. */
  readonly binding: number;
}

const unaryCode: Readonly<Record<UnaryFunction, (x: string) => string>> = {
  negate: (x) => `-${x}`,
  absolute: (x) => `abs(${x})`,
  exp: (x) => `exp(${x})`,
  log: (x) => `log(${x})`,
  sqrt: (x) => `sqrt(${x})`,
  rsqrt: (x) => `inverseSqrt(${x})`,
  sin: (x) => `sinV(${x})`,
  cos: (x) => `cosV(${x})`,
  // Clamped because drivers compute tanh through exp, which overflows.
  tanh: (x) => `tanh(clamp(${x}, V(-15.0), V(15.0)))`,
  sigmoid: (x) => `V(1.0) / (V(1.0) + exp(-${x}))`,
  silu: (x) => `${x} / (V(1.0) + exp(-${x}))`,
  gelu_tanh: (x) =>
    `V(0.5) * ${x} * (V(1.0) + tanh(clamp(V(0.7978845608028654) * (${x} + V(0.044715) * ${x} * ${x} * ${x}), V(-15.0), V(15.0))))`,
  gelu_erf: (x) => `V(0.5) * ${x} * (V(1.0) + erfV(${x} * V(0.7071067811865476)))`,
  erf: (x) => `erfV(${x})`,
  square: (x) => `${x} * ${x}`,
};

/** Functions of kernels/shared that come for one element and for four; generated code names them with V for the number. */
const sharedFunctions: readonly { name: string; module: string; users: readonly UnaryFunction[] }[] = [
  { name: 'erf', module: 'erf', users: ['gelu_erf', 'erf'] },
  { name: 'sin', module: 'trigonometry', users: ['sin'] },
  { name: 'cos', module: 'trigonometry', users: ['cos'] },
];

const binaryCode: Readonly<Record<BinaryFunction, (a: string, b: string) => string>> = {
  add: (a, b) => `${a} + ${b}`,
  subtract: (a, b) => `${a} - ${b}`,
  multiply: (a, b) => `${a} * ${b}`,
  divide: (a, b) => `${a} / ${b}`,
  minimum: (a, b) => `min(${a}, ${b})`,
  maximum: (a, b) => `max(${a}, ${b})`,
  power: (a, b) => `pow(${a}, ${b})`,
  less: (a, b) => `select(V(0.0), V(1.0), ${a} < ${b})`,
  equal: (a, b) => `select(V(0.0), V(1.0), ${a} == ${b})`,
};

/**
 * Generates the module `package::epilogue`: `epilogue(v: f32, index: u32) -> f32` and `epilogue4(v: vec4f, index: u32) -> vec4f`,
 * where `index` is the flat index in the output of the (first) element. An undefined expression is the identity.
 */
export function epilogueModule(expression: PointwiseExpression | undefined, inputs: readonly EpilogueInput[], output: Shape): string {
  if (expression === undefined) {
    return 'fn epilogue(v: f32, index: u32) -> f32 { return v; }\nfn epilogue4(v: vec4f, index: u32) -> vec4f { return v; }\n';
  }
  const uses = (name: UnaryFunction): boolean => expression.steps.some((step) => step.kind === 'unary' && step.function === name);
  const imports = sharedFunctions
    .filter(({ users }) => users.some(uses))
    .map(({ name, module }) => `import package::shared::${module}::{${name}1, ${name}4};`);
  const declarations: string[] = [];
  inputs.forEach((input, k) => {
    const vector = readsVectors(input, output);
    const element = `${vector ? 'Packed' : 'T'}${input.binding}`;
    imports.push(`import package::types::${vector ? `{${element}, unpack${input.binding}}` : element};`);
    declarations.push(`@group(0) @binding(${input.binding}) var<storage, read> extra${k}: array<${element}>;`);
    declarations.push(loadFunctions(k, input, output, vector));
  });
  return [...imports, ...declarations, evaluation(expression, 1), evaluation(expression, 4), ''].join('\n');
}

/** True when four neighbouring output elements are always four neighbouring, aligned input elements. */
function readsVectors(input: EpilogueInput, output: Shape): boolean {
  const dimensions = collapseBroadcast(input.type.shape, output);
  const last = dimensions[dimensions.length - 1];
  if (last === undefined || last.inputStride !== 1 || last.size % 4 !== 0) return false;
  return dimensions.slice(0, -1).every((dimension) => dimension.inputStride % 4 === 0);
}

function loadFunctions(k: number, input: EpilogueInput, output: Shape, vector: boolean): string {
  const at = indexExpression(input.type.shape, output);
  const scalarAt = (index: string): string => at.replaceAll('index', index);
  if (vector) {
    return [
      `fn load${k}(index: u32) -> f32 { let at = ${at}; return unpack${input.binding}(extra${k}[at >> 2u])[at & 3u]; }`,
      `fn load${k}x4(index: u32) -> vec4f { return unpack${input.binding}(extra${k}[(${at}) >> 2u]); }`,
    ].join('\n');
  }
  const dimensions = collapseBroadcast(input.type.shape, output);
  const last = dimensions[dimensions.length - 1];
  const repeated = last === undefined || (last.inputStride === 0 && last.size % 4 === 0);
  const four = repeated
    ? `vec4f(load${k}(index))`
    : `vec4f(${[0, 1, 2, 3].map((lane) => `f32(extra${k}[${scalarAt(`(index + ${lane}u)`)}])`).join(', ')})`;
  return [
    `fn load${k}(index: u32) -> f32 { return f32(extra${k}[${at}]); }`,
    `fn load${k}x4(index: u32) -> vec4f { return ${four}; }`,
  ].join('\n');
}

/** WGSL that turns the flat output index `index` into the flat index of a broadcast input. */
export function indexExpression(from: Shape, to: Shape): string {
  const terms: string[] = [];
  const dimensions = collapseBroadcast(from, to);
  dimensions.forEach((dimension, position) => {
    if (dimension.inputStride === 0) return;
    let term = dimension.outputStride === 1 ? 'index' : `index / ${dimension.outputStride}u`;
    if (position > 0) term = `(${term}) % ${dimension.size}u`;
    terms.push(dimension.inputStride === 1 ? `(${term})` : `(${term}) * ${dimension.inputStride}u`);
  });
  return terms.length === 0 ? '0u' : terms.join(' + ');
}

function evaluation(expression: PointwiseExpression, lanes: 1 | 4): string {
  const vector = lanes === 1 ? 'f32' : 'vec4f';
  const suffix = lanes === 1 ? '' : 'x4';
  const name = (step: number): string => `s${step}`;
  const code = (step: PointwiseStep): string => {
    switch (step.kind) {
      case 'input':
        return `load${step.index}${suffix}(index)`;
      case 'accumulator':
        return 'v';
      case 'constant':
        return `${vector}(${floatLiteral(step.value)})`;
      case 'unary':
        return unaryCode[step.function](name(step.operand)).replaceAll(/\b(erf|sin|cos)V\(/g, `$1${lanes}(`);
      case 'binary':
        return binaryCode[step.function](name(step.left), name(step.right));
      case 'select':
        return `select(${name(step.whenFalse)}, ${name(step.whenTrue)}, ${name(step.condition)} != V(0.0))`;
    }
  };
  const lines = expression.steps.map((step, k) => `  let ${name(k)} = ${code(step).replaceAll('V(', `${vector}(`)};`);
  const functionName = lanes === 1 ? 'epilogue' : 'epilogue4';
  return `fn ${functionName}(v: ${vector}, index: u32) -> ${vector} {\n${lines.join('\n')}\n  return ${name(expression.result)};\n}`;
}

/** A WGSL literal with the value's nearest f32. */
export function floatLiteral(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single > 0 ? '3.4028234663852886e38' : '-3.4028234663852886e38';
  const text = String(single);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
