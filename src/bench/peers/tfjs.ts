import type * as Tf from '@tensorflow/tfjs-core';
import { AiprodError } from '../../errors';
import type { Contender } from '../contender';
import { withDeviceRefusals } from './device-refusals';
import { loadPeer, peerData, peerResult, type PeerMath } from './peer-work';

type TfTensor = Tf.Tensor;

/** A device made for tfjs alone, and what its backend wants to know of the adapter. */
export interface TfjsDevice {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
}

/** tfjs with its WebGPU backend on a ready device. */
export async function tfjsContender(version: string, { device, info }: TfjsDevice): Promise<Contender> {
  const packages = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgpu'];
  const [tf, { WebGPUBackend }] = await loadPeer(packages, () =>
    Promise.all([import('@tensorflow/tfjs-core'), import('@tensorflow/tfjs-backend-webgpu')]),
  );
  // The package's own factory asks for a device with smaller limits; kernels are registered under this name only.
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => new WebGPUBackend(device, info));
  if (!(await tf.setBackend('webgpu')))
    throw new AiprodError('gpu-failure', 'tfjs cannot start its WebGPU backend', { hint: 'Leave out --peers' });
  await tf.ready();
  const math = tfjsMath(tf);
  const contender: Contender = {
    name: 'tfjs',
    version,
    dtype: 'f32',
    async prepare(work, data) {
      const inputs = new Map(
        Array.from(peerData(work, data, 'channels-last'), ([name, { shape, data: values }]) => [
          name,
          tf.tensor(values, [...shape], 'float32'),
        ]),
      );
      const once = (): TfTensor =>
        peerResult(work, math, (name) => {
          const tensor = inputs.get(name);
          if (tensor === undefined) throw new AiprodError('internal', `the data of a benchmark has no ${name}`);
          return tensor;
        });
      const valuesOf = async (tensor: TfTensor): Promise<Float32Array> => {
        const values = await tensor.data();
        tensor.dispose();
        if (!(values instanceof Float32Array)) throw new AiprodError('internal', 'tfjs answered with another element type than f32');
        return values;
      };
      return {
        async run(times) {
          // tfjs submits on its own terms and has no wait; one element read back is its only sign that all is done.
          const sign = tf.tidy(() => {
            let result = once();
            for (let k = 1; k < times; k++) {
              const previous = result;
              result = tf.tidy(once);
              previous.dispose();
            }
            return tf.slice(tf.reshape(result, [-1]), 0, 1);
          });
          await valuesOf(sign);
        },
        read: () => valuesOf(tf.tidy(once)),
        dispose() {
          for (const tensor of inputs.values()) tensor.dispose();
        },
      };
    },
  };
  return withDeviceRefusals(contender, device);
}

/** The tensor with the type of rank 5 that tfjs's convolutions want. */
function rank5(tf: typeof Tf, tensor: TfTensor): Tf.Tensor5D {
  const [a, b, c, d, e] = tensor.shape;
  return tf.reshape(tensor, [a, b, c, d, e]);
}

function tfjsMath(tf: typeof Tf): PeerMath<TfTensor> {
  const math: PeerMath<TfTensor> = {
    matmul: (a, b, transposeB) => tf.matMul(a, b, false, transposeB),
    linear(x, weight, bias) {
      const [batch, rows, features] = x.shape;
      const [, outFeatures] = weight.shape;
      const product = tf.fused.matMul({ a: tf.reshape(x, [batch * rows, features]), b: weight, bias });
      return tf.reshape(product, [batch, rows, outFeatures]);
    },
    attention(q, k, v, heads) {
      const [, , channels] = q.shape;
      const headDim = channels / heads;
      const split = (x: TfTensor): TfTensor => {
        const [batch, tokens] = x.shape;
        return tf.transpose(tf.reshape(x, [batch, tokens, heads, headDim]), [0, 2, 1, 3]);
      };
      const scores = tf.mul(tf.matMul(split(q), split(k), false, true), 1 / Math.sqrt(headDim));
      return tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), split(v)), [0, 2, 1, 3]), q.shape);
    },
    conv3d: (x, w) => tf.conv3d(rank5(tf, x), rank5(tf, w), [1, 1, 1], 'same'),
    add: (a, b) => tf.add(a, b),
    multiply: (a, b) => tf.mul(a, b),
    onePlus: (x) => tf.add(x, 1),
    rmsNorm(x, eps, weight) {
      const normed = tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), eps)));
      return weight === undefined ? normed : tf.mul(normed, weight);
    },
    geluTanh(x) {
      const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
    },
    rope(x, cos, sin) {
      const [batch, tokens, channels] = x.shape;
      const [first, second] = tf.unstack(tf.reshape(x, [batch, tokens, channels / 2, 2]), -1);
      const turned = [tf.sub(tf.mul(first, cos), tf.mul(second, sin)), tf.add(tf.mul(second, cos), tf.mul(first, sin))];
      return tf.reshape(tf.stack(turned, -1), [batch, tokens, channels]);
    },
  };
  return math;
}
