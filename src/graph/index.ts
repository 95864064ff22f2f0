export type { DType, HostTensor, Shape, TensorType } from './types';
export { bytesPerElement, describeType, elementCount, emptyHostTensor, rowMajorStrides, sameShape, storageBytes } from './types';
export { Tracer, type Tensor, type TracerOptions } from './tracer';
export { printGraph, type Graph, type GraphNode, type ParameterSpec } from './graph';
export type { Attributes, Capabilities, KernelCall, Lowering, LoweringRequest } from './operation';
export { plainestCapabilities } from './operation';
export { evaluateGraph, evaluateNode, type EvaluateOptions } from './evaluate';
export { differentiate, gradientName, gradientsOf, requiredGradients, type DifferentiateOptions } from './gradients/gradients';
export { recomputeWithin, type MemoryLimit } from './gradients/recompute';
export { pickRows, type ParameterReader } from './parameter-reader';
export { permuteData } from './permute-data';
export { storeParametersAs, type EncodingOf, type ParameterUse } from './passes/store-parameters';
export {
  decodedEncodings,
  isDecodedEncoding,
  rowMultiple,
  type DecodedEncoding,
  type EncodingChoice,
  type WeightEncoding,
} from './weight-encoding';
export { planProgram } from './planner';
export { fuse } from './passes/fuse';
export { adaptableWeights, addLowRankBranches, lowRankNames, type LowRankAdapter } from './passes/low-rank';
export { removeDeadCode } from './passes/dead-code';
export { updatedName, updatesAsOutputs } from './passes/updates-as-outputs';
export { printProgram, programFlops, type Program, type ProgramMemory, type ProgramStep } from './program';
export { ParameterStore } from './parameter-store';
export { DeviceTensor } from './device-tensor';
export { compileGraph, ProgramInstance, runGraph, type InstanceOptions, type RunOptions } from './executor';
export { planStreaming, streamAllNear, streamNear, streamWithin, type StreamedSegment, type StreamingPlan } from './streaming';
export {
  absolute,
  add,
  cast,
  cos,
  divide,
  equal,
  exp,
  geluErf,
  geluTanh,
  leakyRelu,
  less,
  log,
  maximum,
  minimum,
  multiply,
  negate,
  power,
  reshape,
  rsqrt,
  sigmoid,
  silu,
  sin,
  sqrt,
  square,
  subtract,
  tanh,
  where,
  type Operand,
} from './arithmetic';
export { attention, type AttentionOptions } from './operations/attention';
export { blockMaxima, byteBlockSizes, decodeBlocks, encodeBlocks } from './operations/byte-blocks';
export { broadcastTo } from './operations/broadcast-to';
export { concat } from './operations/concat';
export {
  conv1d,
  conv2d,
  conv3d,
  type Convolution1dOptions,
  type Convolution2dOptions,
  type Convolution3dOptions,
} from './operations/convolution';
export { gatherRows } from './operations/gather-rows';
export { linear, matmul } from './operations/matmul';
export { groupNorm, layerNorm, rmsNorm } from './operations/normalization';
export { pad } from './operations/pad';
export type { PaddingMode } from './padding';
export { permute } from './operations/permute';
export { randomNormal } from './operations/random-normal';
export { max, mean, sum, sumOfSquares } from './operations/reduce';
export { resample, type ResampleMethod } from './operations/resample';
export { rope, type RopeLayout } from './operations/rope';
export { roundBf16, roundedEncoding } from './operations/round-bf16';
export { slice } from './operations/slice';
export { softmax } from './operations/softmax';
export { convTranspose1d, type TransposedConvolution1dOptions } from './operations/transposed-convolution';
import './operations/pointwise';
import './operations/reshape';
