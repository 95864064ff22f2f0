export { ltxTransformerConfigSchema, parseLtxTransformerConfig, type LtxTransformerConfig } from './transformer-config';
export { ltxTransformer, ltxTransformerBlock, type LtxBlockContext, type LtxTransformerInputs } from './transformer';
export { transformerConfigOf } from './checkpoint-config';
