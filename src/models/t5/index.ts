export { parseTextEncoderConfig, t5ConfigSchema, umt5ConfigSchema, type TextEncoderConfig } from './config';
export { textEncoder, type TextEncoderInputs } from './encoder';
