export { contentTiles, evenTiles, spanWeights, type Crossfade, type Span } from './axis-tiles';
export { blends, crossfadeOf, exactOverlap, type Blend } from './blends';
export {
  chooseTiling,
  expectedTiles,
  exactOverlaps,
  flopsOf,
  memoryOf,
  programsOfChoice,
  referenceOverlap,
  referenceOverlaps,
  type Direction,
  type TilingChoice,
  type TilingRequest,
} from './choose-tiling';
export { composeTiles, type VideoChunk } from './compose-tiles';
export { decodedSize, decodeFrames, type DecodeTile } from './decode-frames';
export { encodeFrames, type EncodeTile } from './encode-frames';
export { measureOverlap, seamBound, type MeasuredOverlap } from './measure-overlap';
export { contentDemand, latentActivity } from './overlap-demand';
export { seamDifference, type SeamDifference } from './seam-difference';
export { tilingSchema, tilingStrategies, type TilingSettings, type TilingStrategy } from './settings';
export {
  addChunk,
  collectChunks,
  decodedShape,
  decodeInTiles,
  streamDecode,
  type StreamDecodeRequest,
  type TiledDecodeRequest,
} from './stream-decode';
export { openTileDecoder, tileConditions, type DecoderConditions, type TileDecoder } from './tile-decoder';
export {
  contentSpans,
  evenSpans,
  latentSize,
  planDecode,
  planEncode,
  recomputation,
  tileCount,
  type LatentSize,
  type TilePlan,
} from './tile-plan';
export { streamEncode, type StreamEncodeRequest } from './stream-encode';
