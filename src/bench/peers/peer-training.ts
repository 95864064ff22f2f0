/** Training steps in the operations of a peer: the transformer's formulas and AdamW are one text for all of them. */
import { adamWNames, adamWScalars } from '../../training';
import { trainingOptimizer, trainingRate, type TrainingData, type TrainingOf } from '../training';
import { residualNormEps, type WorkTensor } from '../work';
import { modulate, peerBlock, permuted, type PeerMath } from './peer-work';

/** What training takes beside {@link PeerMath}. */
export interface PeerTrainingMath<T> extends PeerMath<T> {
  subtract(a: T, b: T): T;
  divide(a: T, b: T): T;
  scale(x: T, factor: number): T;
  plus(x: T, addend: number): T;
  square(x: T): T;
  sqrt(x: T): T;
  silu(x: T): T;
  /** (x - mean) / sqrt(variance + eps) over the last axis. */
  layerNorm(x: T, eps: number): T;
  /** Equal parts of the last axis. */
  split(x: T, parts: number): T[];
  /** Of all elements: one number. */
  mean(x: T): T;
}

/** The LTX-Video transformer (HaCohen et al. 2024) as `ltxTransformer` computes it without a text mask. */
export function peerTransformer<T>(
  { heads, layers }: TrainingOf<'transformer'>,
  math: PeerTrainingMath<T>,
  tensor: (name: string) => T,
): T {
  const linear = (name: string, x: T): T => math.linear(x, tensor(`${name}.weight`), tensor(`${name}.bias`));
  const embedder = 'time_embed.emb.timestep_embedder';
  const embedded = linear(`${embedder}.linear_2`, math.silu(linear(`${embedder}.linear_1`, tensor('timestep_sinusoid'))));
  const timestepRows = math.split(linear('time_embed.linear', math.silu(embedded)), 6);
  const text = linear('caption_projection.linear_2', math.geluTanh(linear('caption_projection.linear_1', tensor('encoder_hidden_states'))));
  let hidden = linear('proj_in', tensor('hidden_states'));
  for (let index = 0; index < layers; index++) {
    const shared = new Map<string, T>([
      ['hidden', hidden],
      ['text', text],
      ['cos', tensor('cos')],
      ['sin', tensor('sin')],
      ...timestepRows.map((row, k) => [`timestep.${k}`, row] as const),
    ]);
    hidden = peerBlock({ heads }, math, (name) => shared.get(name) ?? tensor(`transformer_blocks.${index}.${name}`));
  }
  const [shift, scale] = [0, 1].map((row) => math.add(embedded, tensor(`scale_shift_table.${row}`)));
  return linear('proj_out', modulate(math, math.layerNorm(hidden, residualNormEps), scale, shift));
}

/** Mean squared error. */
export function peerLoss<T>(math: PeerTrainingMath<T>, prediction: T, target: T): T {
  return math.mean(math.square(math.subtract(prediction, target)));
}

/** A parameter and its moments. */
export interface PeerState<T> {
  readonly value: T;
  readonly first: T;
  readonly second: T;
}

/** AdamW's step for one parameter, with the corrections of the first step at every step, which is the same arithmetic. */
export function peerAdamW<T>(math: PeerTrainingMath<T>, { value, first, second }: PeerState<T>, gradient: T): PeerState<T> {
  const [beta1, beta2] = trainingOptimizer.betas;
  const numbers = adamWScalars(trainingOptimizer, 1, trainingRate);
  const of = (name: string): number => numbers[name];
  const newFirst = math.add(math.scale(first, beta1), math.scale(gradient, 1 - beta1));
  const newSecond = math.add(math.scale(second, beta2), math.scale(math.square(gradient), 1 - beta2));
  const denominator = math.plus(math.scale(math.sqrt(newSecond), 1 / of(adamWNames.rootCorrection)), trainingOptimizer.eps);
  const change = math.scale(math.divide(newFirst, denominator), of(adamWNames.stepSize));
  return { value: math.subtract(math.scale(value, of(adamWNames.keep)), change), first: newFirst, second: newSecond };
}

/** A parameter as a peer keeps it. */
export interface PeerParameter extends WorkTensor {
  readonly name: string;
  /** A gradient by it, in the layout of the data. */
  stored(gradient: Float32Array): Float32Array;
}

/** The parameters as peers want them, in the order of the data: weights of dense layers [K, N], tables as single rows. */
export function peerParameters({ parameters }: TrainingData): PeerParameter[] {
  return [...parameters].flatMap(([name, { shape, data }]): PeerParameter[] => {
    if (name.endsWith('scale_shift_table')) {
      const [rows, channels] = shape;
      return Array.from({ length: rows }, (_, row) => ({
        name: `${name}.${row}`,
        shape: [1, 1, channels],
        data: data.slice(row * channels, (row + 1) * channels),
        stored: (gradient) => gradient,
      }));
    }
    if (shape.length !== 2) return [{ name, shape, data, stored: (gradient) => gradient }];
    const turned = permuted({ shape, data }, [1, 0]);
    return [{ name, ...turned, stored: (gradient) => permuted({ shape: turned.shape, data: gradient }, [1, 0]).data }];
  });
}
