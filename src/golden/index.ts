export {
  compareOutputs,
  floatInput,
  inputOf,
  integerInput,
  type Comparison,
  type GoldenCase,
  type GoldenData,
  type GoldenTensor,
} from './golden-case';
