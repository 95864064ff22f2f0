import type * as Ort from 'onnxruntime-web/webgpu';
import { AiprodError } from '../../errors';
import { bufferUsage } from '../../gpu';
import { UnsupportedWork, type Contender } from '../contender';
import { referenceResult } from '../ours';
import { relativeDifference } from '../statistics';
import { workData, type Work, type WorkTensor } from '../work';
import { OnnxModel } from './onnx-model';
import { fromPeerLayout, peerData, peerResult, type PeerMath } from './peer-work';

/** Its own fused operator, or the formula in its plain operators. */
type AttentionForm = 'MultiHeadAttention' | 'MatMul and Softmax';

/** Attention that shows whether the fused operator works on an adapter, and how far its result may be off. */
const attentionProbe: Work = { op: 'attention', heads: 2, queries: 64, keys: 64, headDim: 64 };
const probeTolerance = 1e-3;

/**
 * onnxruntime-web's WebGPU provider. Runs in a browser; a page imports the package and hands it in, so that its 27 MB of
 * WebAssembly belong to that page alone.
 *
 * Its fused attention gives wrong results on some adapters (github.com/microsoft/onnxruntime/pull/26715). It is compared with our CPU
 * reference first, and where it is wrong, attention is done by plain operators; the version in reports says which it is.
 */
export async function openOrtContender(ort: typeof Ort, version: string): Promise<Contender> {
  const fused = ortContender(ort, version, 'MultiHeadAttention');
  const data = workData(attentionProbe);
  const probe = await fused.prepare(attentionProbe, data);
  try {
    const difference = relativeDifference(await probe.read(), await referenceResult(attentionProbe, data));
    if (difference <= probeTolerance) return fused;
    const form: AttentionForm = 'MatMul and Softmax';
    return ortContender(ort, `${version}, attention by ${form} (its MultiHeadAttention is off by ${difference.toPrecision(2)} here)`, form);
  } finally {
    probe.dispose();
  }
}

function ortContender(ort: typeof Ort, version: string, attention: AttentionForm): Contender {
  return {
    name: 'ort-web',
    version,
    dtype: 'f32',
    async prepare(work, data) {
      const tensors = peerData(work, data, 'channels-first');
      const session = await openSession(ort, onnxModel(work, tensors, attention));
      const device = await ort.env.webgpu.device;
      const buffers: GPUBuffer[] = [];
      const feeds: Record<string, Ort.Tensor> = {};
      for (const [name, { shape, data: values }] of tensors) {
        if (!session.inputNames.includes(name)) continue;
        const buffer = device.createBuffer({
          size: Math.ceil(values.byteLength / 16) * 16,
          usage: bufferUsage.storage | bufferUsage.copyDestination | bufferUsage.copySource,
        });
        device.queue.writeBuffer(buffer, 0, Float32Array.from(values));
        buffers.push(buffer);
        feeds[name] = ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [...shape] });
      }
      const once = async (): Promise<Ort.Tensor> => (await session.run(feeds))[session.outputNames[0]];
      return {
        async run(times) {
          for (let k = 0; k < times; k++) (await once()).dispose();
          await device.queue.onSubmittedWorkDone();
        },
        async read() {
          const values = await (await once()).getData(true);
          if (!(values instanceof Float32Array))
            throw new AiprodError('internal', 'onnxruntime answered with another element type than f32');
          return fromPeerLayout(work, values, 'channels-first');
        },
        dispose() {
          for (const buffer of buffers) buffer.destroy();
          void session.release();
        },
      };
    },
  };
}

async function openSession(ort: typeof Ort, model: Uint8Array): Promise<Ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: ['webgpu'],
      preferredOutputLocation: 'gpu-buffer',
      logSeverityLevel: 3,
      // Without this, operators that the provider lacks would run on the processor in silence.
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    });
  } catch (error) {
    throw new UnsupportedWork(`its WebGPU provider does not take the model: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Weights are constants of the model, so that the provider may prepare them; everything else is given at each run. */
function onnxModel(work: Work, tensors: ReadonlyMap<string, WorkTensor>, attention: AttentionForm): Uint8Array {
  const model = new OnnxModel();
  const isWeight = (name: string): boolean =>
    name === 'w' || name.includes('.weight') || name.includes('.bias') || name.includes('_table.');
  const shapes = new Map<string, readonly number[]>();
  for (const [name, { shape, data }] of tensors) {
    shapes.set(name, shape);
    if (isWeight(name)) model.weight(name, shape, data);
    else model.input(name, shape);
  }
  const result = peerResult(work, onnxMath(model, shapes, attention), (name) => name);
  return model.finish(result, shapes.get(result) ?? []);
}

/** Operators of onnxruntime's WebGPU provider, its own fused ones where it has them. `shapes` learns the shape of each result. */
function onnxMath(model: OnnxModel, shapes: Map<string, readonly number[]>, attention: AttentionForm): PeerMath<string> {
  const shapeOf = (name: string): readonly number[] => {
    const shape = shapes.get(name);
    if (shape === undefined) throw new AiprodError('internal', `the ONNX model has no value ${name}`);
    return shape;
  };
  const apply = (
    shape: readonly number[],
    ...[operator, inputs, attributes, domain]: [string, readonly string[], Parameters<OnnxModel['node']>[2]?, string?]
  ): string => {
    const [result] = model.node(operator, inputs, attributes, 1, domain);
    shapes.set(result, shape);
    return result;
  };
  const wider = (a: string, b: string): readonly number[] => {
    const [x, y] = [shapeOf(a), shapeOf(b)];
    return x.length !== y.length ? (x.length > y.length ? x : y) : x.map((size, axis) => Math.max(size, y[axis]));
  };
  const binary = (operator: string, a: string, b: string): string => apply(wider(a, b), operator, [a, b]);
  const reshaped = (x: string, shape: readonly number[]): string => apply(shape, 'Reshape', [x, model.integers(shape)]);
  const ones = new Map<number, string>();
  const onesOf = (size: number): string => {
    const known = ones.get(size) ?? model.weight(`ones${size}`, [size], new Float32Array(size).fill(1));
    ones.set(size, known);
    return known;
  };
  const scalar = (value: number): string => {
    const name = model.scalar(value);
    shapes.set(name, []);
    return name;
  };
  return {
    matmul(a, b, transposeB) {
      const shape = [shapeOf(a)[0], shapeOf(b)[transposeB ? 0 : 1]];
      return transposeB ? apply(shape, 'Gemm', [a, b], { transB: { int: 1 } }) : apply(shape, 'MatMul', [a, b]);
    },
    linear(x, weight, bias) {
      const product = apply([...shapeOf(x).slice(0, -1), shapeOf(weight)[1]], 'MatMul', [x, weight]);
      return binary('Add', product, bias);
    },
    attention(q, k, v, heads) {
      const shape = shapeOf(q);
      if (attention === 'MultiHeadAttention') return apply(shape, attention, [q, k, v], { num_heads: { int: heads } }, 'com.microsoft');
      const [batch, queries, channels] = shape;
      const [keys, headDim] = [shapeOf(k)[1], channels / heads];
      const split = (x: string, order: readonly number[]): string => {
        const sizes = [batch, shapeOf(x)[1], heads, headDim];
        return apply(
          order.map((axis) => sizes[axis]),
          'Transpose',
          [reshaped(x, sizes)],
          { perm: { ints: order } },
        );
      };
      const scaled = binary('Mul', split(q, [0, 2, 1, 3]), scalar(1 / Math.sqrt(headDim)));
      const scores = apply([batch, heads, queries, keys], 'MatMul', [scaled, split(k, [0, 2, 3, 1])]);
      const shares = apply(shapeOf(scores), 'Softmax', [scores], { axis: { int: 3 } });
      const attended = apply([batch, heads, queries, headDim], 'MatMul', [shares, split(v, [0, 2, 1, 3])]);
      return reshaped(apply([batch, queries, heads, headDim], 'Transpose', [attended], { perm: { ints: [0, 2, 1, 3] } }), shape);
    },
    conv3d(x, w) {
      const [batch, , ...sizes] = shapeOf(x);
      const attributes = { kernel_shape: { ints: [3, 3, 3] }, pads: { ints: [1, 1, 1, 1, 1, 1] }, strides: { ints: [1, 1, 1] } };
      return apply([batch, shapeOf(w)[0], ...sizes], 'Conv', [x, w], attributes);
    },
    add: (a, b) => binary('Add', a, b),
    multiply: (a, b) => binary('Mul', a, b),
    onePlus: (x) => binary('Add', x, scalar(1)),
    rmsNorm(x, eps, weight) {
      const shape = shapeOf(x);
      const attributes = { axis: { int: shape.length - 1 }, epsilon: { float: eps } };
      return apply(shape, 'SimplifiedLayerNormalization', [x, weight ?? onesOf(shape[shape.length - 1])], attributes);
    },
    geluTanh: (x) => apply(shapeOf(x), 'Gelu', [x], { approximate: { text: 'tanh' } }),
    rope(x, cos, sin) {
      const [batch, tokens, channels] = shapeOf(x);
      const half = [batch, tokens, channels / 2];
      const pairs = reshaped(x, [...half, 2]);
      const parts = model.node('Split', [pairs], { axis: { int: 3 }, num_outputs: { int: 2 } }, 2);
      const [first, second] = parts.map((part) => {
        shapes.set(part, [...half, 1]);
        return reshaped(part, half);
      });
      const turned = [
        binary('Sub', binary('Mul', first, cos), binary('Mul', second, sin)),
        binary('Add', binary('Mul', second, cos), binary('Mul', first, sin)),
      ].map((part) => reshaped(part, [...half, 1]));
      return reshaped(apply([...half, 2], 'Concat', turned, { axis: { int: 3 } }), [batch, tokens, channels]);
    },
  };
}
