export {
  buildLatentUpsamplerGraph,
  buildTextEncoderGraph,
  buildTransformerGraph,
  buildVaeDecoderGraph,
  buildVaeEncoderGraph,
  ltxTransformerRotaryTable,
  parameterNames,
  parameterShapes,
  type BuildOptions,
  type LtxPositions,
  type ModelGraph,
  type TextEncoderGraphOptions,
  type TransformerGraphOptions,
  type UpsamplerGraphOptions,
  type VaeDecoderGraphOptions,
  type VaeEncoderGraphOptions,
} from './build';
export { channelsFirst, channelsLast, kernelFirst } from './layouts';
export { decodeTimestepInput, decodeTimestepScaleName, timestepInput } from './timesteps';
export {
  parseTextEncoderConfig,
  t5ConfigSchema,
  textEncoder,
  textEncoderConfigOfTensors,
  umt5ConfigSchema,
  type TextEncoderConfig,
  type TextEncoderInputs,
} from './t5';
export {
  compressionRatios,
  cropVideo,
  decoderContext,
  decodeWithTiling,
  defaultTiling,
  encoderContext,
  encodeWithTiling,
  joinVideos,
  ltxLatentUpsampler,
  ltxUpsamplerConfigSchema,
  ltxVaeConfigSchema,
  ltxVaeDecoder,
  ltxVaeEncoder,
  parseLtx2UpsamplerConfig,
  parseLtx2VaeConfig,
  parseLtxUpsamplerConfig,
  upsamplerFieldsOfTensors,
  parseLtxVaeConfig,
  posteriorMode,
  samplePosterior,
  vaeConfigOf,
  type CompressionRatios,
  type LatentContext,
  type LtxUpsamplerConfig,
  type LtxVaeConfig,
  type LtxVaeDecoderInputs,
  type TileFunction,
  type Tiling,
  type VaeContext,
  type Video,
  type VideoRange,
  type VideoShape,
} from './ltx-vae';
export {
  ltxTransformer,
  ltxTransformerBlock,
  ltxTransformerConfigSchema,
  parseLtxTransformerConfig,
  transformerConfigOf,
  type LtxBlockContext,
  type LtxTransformerConfig,
  type LtxTransformerInputs,
} from './ltx-video';
export {
  buildGemma3Graph,
  gemma3ConfigOfTensors,
  gemma3Encoder,
  parseGemma3Config,
  type Gemma3Config,
  type Gemma3GraphOptions,
  type Gemma3Inputs,
  type Gemma3LayerType,
} from './gemma3';
export type { Perturbation, PerturbationKind } from './perturbations';
export { parseOriginalMetadata, type OriginalMetadata } from './original-metadata';
export type { TensorShapes } from './tensor-shapes';
export { verifiesModelCase, verifyModelCase, type GraphRunner, type ModelCase, type WeightReader } from './verify';
export { caseParams, componentConfig } from './verify-case';
export { positionsOf } from './verify-run';
export * from './ltx2/audio';
export * from './ltx2/audio-video';
export * from './ltx2/text';
export { ltx2AudioVaeConfigOf, ltx2ConnectorsConfigOf, ltx2TransformerConfigOf, ltx2VocoderConfigOf } from './ltx2/checkpoint-config';
export * from './clip-vision';
export * from './wan';
