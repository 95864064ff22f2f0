export { buildGemma3Graph, type Gemma3GraphOptions } from './build-encoder';
export { parseGemma3Config, type Gemma3Config, type Gemma3LayerType, type Gemma3Rope } from './config';
export { gemma3ConfigOfTensors } from './config-from-tensors';
export { gemma3Encoder, type Gemma3Inputs } from './encoder';
