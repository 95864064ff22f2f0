export { compressionRatios, ltxVaeConfigSchema, parseLtx2VaeConfig, parseLtxVaeConfig, type LtxVaeConfig } from './vae-config';
export {
  ltxLatentUpsampler,
  ltxUpsamplerConfigSchema,
  parseLtx2UpsamplerConfig,
  parseLtxUpsamplerConfig,
  upsamplerFieldsOfTensors,
  type LtxUpsamplerConfig,
} from './latent-upsampler';
export { ltxVaeEncoder } from './vae-encoder';
export { ltxVaeDecoder, type LtxVaeDecoderInputs } from './vae-decoder';
export { decodeWithTiling, defaultTiling, encodeWithTiling, type CompressionRatios, type TileFunction, type Tiling } from './vae-tiling';
export { posteriorMode, samplePosterior } from './posterior';
export { cropVideo, joinVideos, type Video, type VideoRange, type VideoShape } from './video';
export { decoderContext, encoderContext, type LatentContext, type VaeContext } from './vae-receptive-field';
export { vaeConfigOf } from './checkpoint-config';
