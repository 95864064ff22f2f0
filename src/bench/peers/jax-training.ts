import type * as Jax from '@jax-js/jax';
import { AiprodError } from '../../errors';
import type { PreparedWork } from '../contender';
import { joinedFloats } from '../../numeric/joined';
import type { Training, TrainingData } from '../training';
import { jaxVae } from './jax-vae';
import { peerAdamW, peerLoss, peerParameters, peerTransformer, type PeerTrainingMath } from './peer-training';
import type { PeerMath } from './peer-work';

type JaxArray = Jax.Array;

/** Training steps of jax-js: its `valueAndGrad` and AdamW in one `jit` function, parameters and moments kept from step to step. */
export async function prepareJaxTraining(
  jax: typeof Jax,
  math: PeerMath<JaxArray>,
  training: Training,
  data: TrainingData,
): Promise<PreparedWork> {
  const { numpy: np } = jax;
  const parameters = peerParameters(data);
  const inputNames = [...data.inputs.keys()];
  const full = trainingMath(jax, math);
  const lossOf = (values: JaxArray[], inputs: JaxArray[]): JaxArray => {
    const tensor = (name: string): JaxArray => {
      const index = inputNames.indexOf(name);
      return index >= 0 ? inputs[index] : values[parameters.findIndex((parameter) => parameter.name === name)];
    };
    const prediction = training.model === 'vae' ? jaxVae(jax, training, tensor) : peerTransformer(training, full, tensor);
    return peerLoss(full, prediction, tensor('target'));
  };
  const upload = ({ data: values, shape }: { readonly data: Float32Array; readonly shape: readonly number[] }): JaxArray =>
    np.array(new Float32Array(values), { shape: [...shape] });
  const zeros = ({ shape }: { readonly shape: readonly number[] }): JaxArray => np.zeros([...shape]);
  const gradients = jax.jit((values: JaxArray[], inputs: JaxArray[]) => jax.grad(lossOf)(values, inputs));
  const step = jax.jit((values: JaxArray[], first: JaxArray[], second: JaxArray[], inputs: JaxArray[]) => {
    const [loss, found] = jax.valueAndGrad(lossOf)(
      values.map((value) => value.ref),
      inputs,
    );
    const states = values.map((value, k) => peerAdamW(full, { value, first: first[k], second: second[k] }, found[k]));
    return { loss, values: states.map(({ value }) => value), first: states.map((s) => s.first), second: states.map((s) => s.second) };
  });
  const inputs = [...data.inputs.values()].map(upload);
  let state = { values: parameters.map(upload), first: parameters.map(zeros), second: parameters.map(zeros) };
  await jax.blockUntilReady([...inputs, ...state.values, ...state.first, ...state.second]);
  // Calling consumes a reference to each argument.
  const kept = (arrays: readonly JaxArray[]): JaxArray[] => arrays.map((array) => array.ref);
  return {
    async run(times) {
      for (let k = 0; k < times; k++) {
        const { loss, ...next } = step(state.values, state.first, state.second, kept(inputs));
        state = next;
        await loss.data();
        await jax.blockUntilReady([...next.values, ...next.first, ...next.second]);
      }
    },
    async read() {
      const found = gradients(kept(state.values), kept(inputs));
      const values: Float32Array[] = [];
      for (const [k, gradient] of found.entries()) values.push(parameters[k].stored(floats(await gradient.data())));
      return joinedFloats(values);
    },
    dispose() {
      for (const array of [...inputs, ...state.values, ...state.first, ...state.second]) array.dispose();
      gradients.dispose();
      step.dispose();
    },
  };
}

function floats(values: ArrayBufferView): Float32Array {
  if (values instanceof Float32Array) return values;
  throw new AiprodError('internal', 'jax-js answered with another element type than f32');
}

function trainingMath({ numpy: np, nn }: typeof Jax, math: PeerMath<JaxArray>): PeerTrainingMath<JaxArray> {
  return {
    ...math,
    subtract: (a, b) => np.subtract(a.ref, b.ref),
    divide: (a, b) => np.divide(a.ref, b.ref),
    scale: (x, factor) => np.multiply(x.ref, factor),
    plus: (x, addend) => np.add(x.ref, addend),
    square: (x) => np.square(x.ref),
    sqrt: (x) => np.sqrt(x.ref),
    silu: (x) => nn.silu(x.ref),
    layerNorm(x, eps) {
      const centred = np.subtract(x.ref, np.mean(x.ref, -1, { keepdims: true }));
      const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
      return np.divide(centred, np.sqrt(np.add(variance, eps)));
    },
    split: (x, parts) => np.split(x.ref, parts, -1),
    mean: (x) => np.mean(x.ref),
  };
}
