export {
  buildWanTransformerGraph,
  buildWanVaeDecoderGraph,
  buildWanVaeEncoderGraph,
  isCarried,
  wanTransformerRotaryTable,
  wanVaeDecoderHalves,
  wanVaeEncoderHalves,
  type WanSizes,
  type WanTransformerGraphOptions,
} from './build';
export { parseWanTransformerConfig, wanWidth, type WanTransformerConfig } from './transformer-config';
export { wanStateChannels } from './vae';
export { wanLevelsContext } from './vae-receptive-field';
export { parseWanVaeConfig, wanCompression, type WanVaeConfig } from './vae-config';
export type { VideoPart } from './frame-memory';
export { wanTransformerConfigOf, wanVaeConfigOf } from './config-from-tensors';
