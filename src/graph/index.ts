export type { DType, HostTensor, Shape, TensorType } from './types';
export { bytesPerElement, describeType, elementCount, emptyHostTensor, rowMajorStrides, sameShape, storageBytes } from './types';
export { Tracer, type Tensor, type TracerOptions } from './tracer';
export { printGraph, type Graph, type GraphNode, type ParameterSpec } from './graph';
export type { Attributes, Capabilities, KernelCall, Lowering, LoweringRequest } from './operation';
export { plainestCapabilities } from './operation';
export { evaluateGraph, evaluateNode, permuteData, type ParameterReader } from './evaluate';
export { planProgram } from './planner';
export { fuse } from './passes/fuse';
export { removeDeadCode } from './passes/dead-code';
export { printProgram, programFlops, type Program, type ProgramMemory, type ProgramStep } from './program';
export { ParameterStore } from './parameter-store';
export { compileGraph, ProgramInstance, runGraph, type RunOptions, type StepTiming } from './executor';
export {
  absolute, add, cast, cos, divide, equal, exp, geluErf, geluTanh, leakyRelu, less, log, maximum, minimum, multiply, negate,
  power, reshape, rsqrt, sigmoid, silu, sin, sqrt, square, subtract, tanh, where, type Operand,
} from './arithmetic';
import './operations/pointwise';
import './operations/reshape';
