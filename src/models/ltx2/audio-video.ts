/** The transformer of LTX-2, as the other rooms see it. */
export { buildLtx2TransformerGraph, ltx2TimestepInputs, type Ltx2Timesteps, type Ltx2TransformerGraphOptions } from './build-transformer';
export { ltx2Transformer, type Ltx2StreamInputs } from './transformer';
export { ltx2TransformerBlock, ofBoth, type Ltx2BlockContext, type Ltx2StreamContext, type OfBoth } from './transformer-block';
export {
  ltx2TransformerConfigSchema,
  modalities,
  parseLtx2TransformerConfig,
  streamShape,
  type Ltx2TransformerConfig,
  type Modality,
  type StreamShape,
} from './transformer-config';
export { ltx2RotaryTables, ltx2VideoBounds, type Ltx2Positions, type Ltx2RotaryTables } from './transformer-positions';
