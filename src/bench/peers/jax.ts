import type * as Jax from '@jax-js/jax';
import { AiprodError } from '../../errors';
import type { Contender } from '../contender';
import { withDeviceRefusals } from './device-refusals';
import { prepareJaxTraining } from './jax-training';
import { fromPeerLayout, loadPeer, peerData, peerResult, type PeerMath } from './peer-work';

type JaxArray = Jax.Array;

/**
 * `@jax-js/jax` on the adapter that `navigator.gpu` gives; work is one `jit` function, as its documentation advises.
 * @param version of the package.
 */
export async function jaxContender(version: string): Promise<Contender> {
  const jax = await loadPeer(['@jax-js/jax'], () => import('@jax-js/jax'));
  const backends = await jax.init('webgpu');
  if (!backends.includes('webgpu'))
    throw new AiprodError('gpu-failure', 'jax-js finds no WebGPU adapter', { hint: 'Leave out --peers, or choose another --device' });
  jax.defaultDevice('webgpu');
  const math = jaxMath(jax);
  const contender: Contender = {
    name: 'jax-js',
    version,
    dtype: 'f32',
    prepareTraining: (training, data) => prepareJaxTraining(jax, math, training, data),
    async prepare(work, data) {
      const tensors = peerData(work, data, 'channels-first');
      const names = [...tensors.keys()];
      const compiled = jax.jit((...values: JaxArray[]) => peerResult(work, math, (name) => values[names.indexOf(name)]));
      const inputs = [...tensors.values()].map(({ shape, data: values }) =>
        jax.numpy.array(new Float32Array(values), { shape: [...shape] }),
      );
      await jax.blockUntilReady(inputs);
      // Calling consumes a reference to each argument.
      const call = (): JaxArray => compiled(...inputs.map((value) => value.ref));
      return {
        async run(times) {
          const results = Array.from({ length: times }, call);
          await jax.blockUntilReady(results);
          for (const result of results) result.dispose();
        },
        async read() {
          const values = await call().data();
          if (!(values instanceof Float32Array)) throw new AiprodError('internal', 'jax-js answered with another element type than f32');
          return fromPeerLayout(work, values, 'channels-first');
        },
        dispose() {
          for (const input of inputs) input.dispose();
          compiled.dispose();
        },
      };
    },
  };
  return withDeviceRefusals(contender, jax.getWebGPUDevice());
}

/** Operations consume their arguments in jax-js; `ref` keeps one for the next reader. */
function jaxMath({ numpy: np, nn, lax }: typeof Jax): PeerMath<JaxArray> {
  const math: PeerMath<JaxArray> = {
    matmul: (a, b, transposeB) => np.matmul(a.ref, transposeB ? np.transpose(b.ref) : b.ref),
    linear: (x, weight, bias) => np.add(np.matmul(x.ref, weight.ref), bias.ref),
    attention(q, k, v, heads) {
      // `nn.dotProductAttention` computes the same, but parses its einsum with iterator helpers, which Node 20 has not.
      const split = (x: JaxArray, axes: number[]): JaxArray =>
        np.transpose(np.reshape(x.ref, [x.shape[0], x.shape[1], heads, x.shape[2] / heads]), axes);
      const scores = np.multiply(np.matmul(split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])), 1 / Math.sqrt(q.shape[2] / heads));
      return np.reshape(np.transpose(np.matmul(nn.softmax(scores, -1), split(v, [0, 2, 1, 3])), [0, 2, 1, 3]), q.shape);
    },
    conv3d: (x, w) => lax.convGeneralDilated(x.ref, w.ref, [1, 1, 1], 'SAME'),
    add: (a, b) => np.add(a.ref, b.ref),
    multiply: (a, b) => np.multiply(a.ref, b.ref),
    onePlus: (x) => np.add(x.ref, 1),
    rmsNorm(x, eps, weight) {
      const square = np.mean(np.square(x.ref), -1, { keepdims: true });
      const normed = np.divide(x.ref, np.sqrt(np.add(square, eps)));
      return weight === undefined ? normed : np.multiply(normed, weight.ref);
    },
    geluTanh: (x) => nn.gelu(x.ref, { approximate: true }),
    rope(x, cos, sin) {
      const [batch, tokens, channels] = x.shape;
      const pairs = np.reshape(x.ref, [batch, tokens, channels / 2, 2]);
      const [first, second] = np.split(pairs, 2, -1).map((half) => np.reshape(half, [batch, tokens, channels / 2]));
      const turned = [
        np.subtract(np.multiply(first.ref, cos.ref), np.multiply(second.ref, sin.ref)),
        np.add(np.multiply(second.ref, cos.ref), np.multiply(first.ref, sin.ref)),
      ];
      return np.reshape(np.stack(turned, -1), [batch, tokens, channels]);
    },
  };
  return math;
}
