/** Weights as they are stored: files, names, folders. Everything here runs in the browser and in Node; see `node.ts` for disk. */
export { memorySource, readRange, type ByteSource } from './byte-source';
export { blobSource, fetchSource, fetchText, type FetchSourceOptions } from './byte-source-web';
export { clipVisionNaming, clipVisionParameters } from './clip-vision-names';
export { BLOCK_ENCODINGS, DTYPE_BYTES, isStoredDtype, type BlockDtype, type StoredDtype, type TensorDtype } from './dtypes';
export { ggufOfEncoded, safetensorsOfEncoded } from './encoded-tensors';
export { joinPath, subTree, type FileTree } from './file-tree';
export {
  blobFileTree,
  directoryFileTree,
  EMBEDDED_MODEL_FILES,
  fetchFileTree,
  ONNX_ENCODER_FILES,
  type FetchFileTreeOptions,
} from './file-tree-web';
export { gemma3Parameters, gemma3Prefix, ggufGemma3Config, isGgufGemma3 } from './gemma3-names';
export { openGguf, type GgufFile } from './gguf';
export type { GgufValue } from './gguf-cursor';
export { ggufLayout, writeGguf, type GgufLayout, type GgufMetadata, type GgufTensorToWrite, type GgufValueToWrite } from './gguf-writer';
export { attemptsWithoutProgress, isBusy, retryAfterOf, waitAfter, waitSeconds } from './http-patience';
export { inspectWeights, recogniseArchitectures, type Architecture, type TensorSummary, type WeightSummary } from './inspect';
export { readLora, type Lora, type LoraMatrices, type LoraSource, type LoraTargets } from './lora';
export { fuseLoras, liveLoras, type AppliedLora, type LiveLoras } from './lora-apply';
export { loraStyleOf, type LoraKeyStyle } from './lora-keys';
export { LTX2_AUDIO_VAE_NAMES, LTX2_VOCODER_NAMES } from './ltx2-audio-names';
export { LTX2_CONNECTORS_NAMES } from './ltx2-connectors-names';
export { LTX2_TRANSFORMER_NAMES } from './ltx2-transformer-names';
export { LTX_TRANSFORMER_NAMES, ltxVaeNames, ltxVaeVersion, type LtxVaeVersion } from './ltx-video-names';
export {
  hasModelIndex,
  openModelFolder,
  readFileOf,
  readJsonObject,
  type ComponentClass,
  type JsonObject,
  type ModelFolder,
} from './model-folder';
export { packedEntries, packsIntoGguf, planPack, safetensorsEntries, type PackedTensor, type PackedWeight } from './pack';
export {
  checkParameters,
  parametersOf,
  renamedNames,
  renameParameters,
  type ParameterSource,
  type RenameRule,
  type RenameRules,
  type StoredEncoding,
} from './parameters';
export { nearestNames } from './nearest-names';
export { replaceWeights } from './replaced';
export { openSafetensors, type SafetensorsFile, type WeightFile } from './safetensors';
export type { TensorEntry } from './safetensors-header';
export {
  bytesOf,
  safetensorsChunks,
  safetensorsLayout,
  writeSafetensors,
  type SafetensorsLayout,
  type SafetensorsMetadata,
  type TensorToWrite,
} from './safetensors-writer';
export { ggufT5Config, ggufT5Names, isGgufT5, isOfficialUmt5, t5Parameters } from './t5-names';
export { assertFinite, toFloat32, type TensorData } from './tensor-data';
export { statedLicence } from './stated-licence';
export { storageRecipes } from './verify';
export { chooseEncodings, parameterReader, parseWeightOption, quantisedChoice } from './weight-choice';
export { weightOptions, type WeightOption } from './weight-options';
export { WAN_TRANSFORMER_NAMES, WAN_VAE_NAMES } from './wan-names';
export { openWeightSet, singleFileSet, type WeightSet } from './weight-set';
export { checkStructure, notedManifest } from './folder-check';
export { addOnsInTree, modelsInTree, weightFileBytes, type FoundAddOn, type FoundModel } from './models-in-tree';
export * from './store';
