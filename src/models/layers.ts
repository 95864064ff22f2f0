import {
  add,
  cast,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  geluTanh,
  layerNorm,
  linear,
  multiply,
  reshape,
  rmsNorm,
  slice,
  subtract,
  type Tensor,
  type Tracer,
} from '../graph';

/** A value of the current scope's layer: `name` is prefixed to the layer's parameters. */
function parameterOf(x: Tensor, layer: string, name: string, storedShape: readonly number[], permute?: readonly number[]): Tensor {
  return x.tracer.parameter(layer === '' ? name : `${layer}.${name}`, storedShape, permute === undefined ? {} : { permute });
}

/**
 * `torch.nn.Linear`: [..., inFeatures] to [..., outFeatures], with parameters `layer.weight` and `layer.bias`. The result has the
 * tracer's type, whichever type `x` has.
 */
export function linearLayer(layer: string, x: Tensor, outFeatures: number, options: { bias?: boolean } = {}): Tensor {
  const inFeatures = x.shape[x.shape.length - 1];
  const weight = parameterOf(x, layer, 'weight', [outFeatures, inFeatures]);
  const y = (options.bias ?? true) ? linear(x, weight, parameterOf(x, layer, 'bias', [outFeatures])) : linear(x, weight);
  return cast(y, x.tracer.dtype);
}

/** `torch.nn.LayerNorm` over the last axis with parameters `layer.weight` and `layer.bias`. */
export function layerNormLayer(layer: string, x: Tensor, eps: number): Tensor {
  const shape = [x.shape[x.shape.length - 1]];
  return layerNorm(x, { eps, weight: parameterOf(x, layer, 'weight', shape), bias: parameterOf(x, layer, 'bias', shape) });
}

/** RMS norm over the last axis with parameter `layer.weight`. */
export function rmsNormLayer(layer: string, x: Tensor, eps: number): Tensor {
  return rmsNorm(x, { eps, weight: parameterOf(x, layer, 'weight', [x.shape[x.shape.length - 1]]) });
}

export interface Conv3dLayerOptions {
  readonly kernel: readonly [number, number, number];
  readonly stride?: readonly [number, number, number];
  /** Before and after, for frames, rows, columns. */
  readonly padding: readonly [readonly [number, number], readonly [number, number], readonly [number, number]];
  /** How padded frames are filled. Default zeros. */
  readonly time?: 'zeros' | 'replicate';
  /** How padded rows and columns are filled. Default zeros. */
  readonly space?: 'zeros' | 'reflect' | 'replicate';
}

/** `torch.nn.Conv3d` on channels-last video [B, F, H, W, C], with parameters `layer.weight` and `layer.bias`. */
export function conv3dLayer(layer: string, x: Tensor, outChannels: number, options: Conv3dLayerOptions): Tensor {
  const inChannels = x.shape[4];
  const weight = parameterOf(x, layer, 'weight', [outChannels, inChannels, ...options.kernel], [2, 3, 4, 1, 0]);
  const y = conv3d(x, weight, {
    stride: options.stride ?? [1, 1, 1],
    padding: options.padding,
    mode: { time: options.time ?? 'zeros', space: options.space ?? 'zeros' },
  });
  return add(y, parameterOf(x, layer, 'bias', [outChannels]));
}

export interface Conv2dLayerOptions {
  /** Default [3, 3]. */
  readonly kernel?: readonly [number, number];
  readonly stride?: readonly [number, number];
  /** Zeros before and after, for rows and columns. Default 1 all around. */
  readonly padding?: readonly [readonly [number, number], readonly [number, number]];
  /** Default true. */
  readonly bias?: boolean;
}

const around: readonly [number, number] = [1, 1];

/** `torch.nn.Conv2d` on channels-last images [B, H, W, C], with parameters `layer.weight` and `layer.bias`. */
export function conv2dLayer(layer: string, x: Tensor, outChannels: number, options: Conv2dLayerOptions = {}): Tensor {
  const { kernel = [3, 3], stride = [1, 1], padding = [around, around], bias = true } = options;
  const weight = parameterOf(x, layer, 'weight', [outChannels, x.shape[3], ...kernel], [2, 3, 1, 0]);
  const y = conv2d(x, weight, { stride, padding });
  return bias ? add(y, parameterOf(x, layer, 'bias', [outChannels])) : y;
}

export interface Conv1dLayerOptions {
  readonly kernel: number;
  readonly dilation?: number;
  /** Default true. */
  readonly bias?: boolean;
}

/** `torch.nn.Conv1d` that keeps the length (`padding='same'`) of channels-last sequences [B, T, C], with parameters `layer.*`. */
export function conv1dLayer(layer: string, x: Tensor, outChannels: number, options: Conv1dLayerOptions): Tensor {
  const { kernel, dilation = 1, bias = true } = options;
  const reach = (kernel - 1) * dilation;
  const before = Math.floor(reach / 2);
  const weight = parameterOf(x, layer, 'weight', [outChannels, x.shape[2], kernel], [2, 1, 0]);
  const y = conv1d(x, weight, { dilation, padding: [before, reach - before] });
  return bias ? add(y, parameterOf(x, layer, 'bias', [outChannels])) : y;
}

/** `torch.nn.ConvTranspose1d` on channels-last sequences [B, T, C], with parameters `layer.weight` and `layer.bias`. */
export function convTranspose1dLayer(
  layer: string,
  x: Tensor,
  outChannels: number,
  { kernel, stride, padding }: { readonly kernel: number; readonly stride: number; readonly padding: number },
): Tensor {
  const weight = parameterOf(x, layer, 'weight', [x.shape[2], outChannels, kernel], [2, 0, 1]);
  return add(convTranspose1d(x, weight, { stride, padding }), parameterOf(x, layer, 'bias', [outChannels]));
}

/**
 * The rows of an AdaLN modulation [B, T, rows * C] plus a learned table `name` [rows, C], each as [B, T, C]
 * (PixArt-alpha, section 2.3). Rows are only cut here; their sum is left to the kernel that uses it.
 */
export function modulationRows(name: string, rows: number, rowsOfTimestep: readonly Tensor[]): Tensor[] {
  const [first] = rowsOfTimestep;
  const table = tableRows(first.tracer, name, rows, first.shape[first.shape.length - 1]);
  return rowsOfTimestep.map((row, index) => add(row, table[index]));
}

/** The rows [C] of a learned table `name` [rows, C]. */
export function tableRows(tracer: Tracer, name: string, rows: number, channels: number): Tensor[] {
  return rowsOf(tracer.parameter(name, [rows, channels]));
}

/** The rows [C] of a table [rows, C]. */
export function rowsOf(table: Tensor): Tensor[] {
  const [rows, channels] = table.shape;
  return Array.from({ length: rows }, (_, index) => reshape(slice(table, 0, index, 1), [channels]));
}

/** x * (1 + scale) + shift, in the tracer's type: what matrices read. */
export function modulate(x: Tensor, shift: Tensor, scale: Tensor): Tensor {
  return add(multiply(x, add(scale, 1)), shift, x.tracer.dtype);
}

/** What is added to the scores of masked text tokens. */
const maskedScore = -10000;

/** A mask of text [B, M] (1 for text, 0 for padding) as what is added to the scores of attention: [B, 1, 1, M]. */
export function maskedScores(mask: Tensor): Tensor {
  return reshape(multiply(subtract(1, mask), maskedScore), [mask.shape[0], 1, 1, mask.shape[1]]);
}

/** Text states to a model's width in the current scope: linear, tanh GELU, linear (PixArt-alpha). */
export function captionProjection(text: Tensor, width: number): Tensor {
  return linearLayer('linear_2', geluTanh(linearLayer('linear_1', text, width)), width);
}

/** Cuts the last axis of [..., rows * C] into `rows` tensors [..., C]. */
export function splitLast(x: Tensor, rows: number): Tensor[] {
  const axis = x.shape.length - 1;
  const size = x.shape[axis] / rows;
  return Array.from({ length: rows }, (_, row) => slice(x, axis, row * size, size));
}
