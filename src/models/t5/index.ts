export { parseTextEncoderConfig, t5ConfigSchema, umt5ConfigSchema, type TextEncoderConfig } from './config';
export { textEncoderConfigOfTensors } from './config-from-tensors';
export { textEncoder, type TextEncoderInputs } from './encoder';
