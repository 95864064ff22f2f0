/** Reference data folders against our implementation (`aiprod verify`). */
export { checkTensor, type TensorCheck } from './compare';
export { openGoldenCase, type OpenedCase } from './golden-folder';
export { verifyCase, type VerifyOptions } from './verify';
