/** Codecs of stored weights: what is kept, and what it stands for. Kernels decode the same bytes on the GPU. */
export { groupSizes, type Codec, type EncodedValues, type EncodeOptions, type GroupSize } from './codec';
export {
  dequantize,
  encodings,
  isEncoding,
  scaleSpan,
  storedBytes,
  type EncodedTensor,
  type Encoding,
  type StorageOptions,
} from './encodings';
