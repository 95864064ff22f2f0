export {
  buildWanTransformerGraph,
  buildWanVaeDecoderGraph,
  buildWanVaeEncoderGraph,
  wanTransformerRotaryTable,
  type WanSizes,
  type WanTransformerGraphOptions,
} from './build';
export { parseWanTransformerConfig, wanWidth, type WanTransformerConfig } from './transformer-config';
export { parseWanVaeConfig, wanCompression, type WanVaeConfig } from './vae-config';
