import { geluErf, geluTanh, leakyRelu, sigmoid, silu, softmax, tanh } from '../../graph';
import type { CaseBuilder } from './case-builder';

export function activations(builder: CaseBuilder): void {
  const x = builder.input('x');
  builder.output('gelu_tanh', geluTanh(x));
  builder.output('gelu_erf', geluErf(x));
  builder.output('silu', silu(x));
  builder.output('softmax', softmax(x));
  builder.output('leaky_relu_0.1', leakyRelu(x, 0.1));
  builder.output('leaky_relu_0.01', leakyRelu(x, 0.01));
  builder.output('tanh', tanh(x));
  builder.output('sigmoid', sigmoid(x));
}
