import { AiprodError } from '../../errors';
import { numbersAttribute, textAttribute } from '../attributes';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import { defineOperation } from '../operation';
import type { Tensor } from '../tracer';
import { matmul } from './matmul';
import { permute } from './permute';
import { elementCount, emptyHostTensor, type Shape } from '../types';

const methods = ['nearest', 'nearest-exact', 'bilinear', 'trilinear'] as const;
/** How positions between samples are filled, as PyTorch's `interpolate` with `align_corners=False`. */
export type ResampleMethod = (typeof methods)[number];

/** Two neighbours of an output position along one axis and the weight of the second. */
interface Neighbours {
  readonly low: number;
  readonly high: number;
  readonly share: number;
}

/** The reference's f32 arithmetic: which sample is nearest depends on its rounding. */
function neighbours(position: number, from: number, to: number, method: ResampleMethod): Neighbours {
  const scale = Math.fround(from / to);
  if (method === 'nearest' || method === 'nearest-exact') {
    const offset = method === 'nearest' ? 0 : 0.5;
    const low = Math.min(from - 1, Math.floor(Math.fround((position + offset) * scale)));
    return { low, high: low, share: 0 };
  }
  const source = Math.max(0, Math.fround(Math.fround((position + 0.5) * scale) - 0.5));
  const low = Math.min(from - 1, Math.floor(source));
  return { low, high: Math.min(from - 1, low + 1), share: Math.fround(source - low) };
}

/** Changes the sizes of frames, rows and columns of channels-last video. */
export const resampleOperation = defineOperation({
  name: 'resample',

  infer([x], attributes) {
    const size = numbersAttribute(attributes, 'size');
    const method = textAttribute(attributes, 'method', methods);
    const whole = size.length === 3 && size.every((length) => Number.isInteger(length) && length > 0);
    if (x.shape.length !== 5 || !whole) {
      throw new AiprodError('shape-mismatch', 'resample needs channels-last video and three sizes', {
        expected: '[B, F, H, W, C] and [frames, rows, columns]',
        found: `[${x.shape.join(', ')}] and [${size.join(', ')}]`,
      });
    }
    if (method === 'bilinear' && size[0] !== x.shape[1]) {
      throw new AiprodError('shape-mismatch', 'bilinear resampling keeps the number of frames', {
        expected: String(x.shape[1]),
        found: String(size[0]),
      });
    }
    return { shape: [x.shape[0], ...size, x.shape[4]], dtype: x.dtype };
  },

  reference([x], attributes, output) {
    const result = emptyHostTensor(output);
    const method = textAttribute(attributes, 'method', methods);
    const [batch, frames, rows, columns, channels] = output.shape;
    const [, inFrames, inRows, inColumns] = x.shape;
    const along = (size: number, from: number): Neighbours[] => Array.from({ length: size }, (_, k) => neighbours(k, from, size, method));
    const [byFrame, byRow, byColumn] = [along(frames, inFrames), along(rows, inRows), along(columns, inColumns)];
    let at = 0;
    for (let b = 0; b < batch; b++) {
      for (const f of byFrame) {
        for (const h of byRow) {
          for (const w of byColumn) {
            for (let c = 0; c < channels; c++) {
              const value = (frame: number, row: number, column: number): number =>
                x.data[(((b * inFrames + frame) * inRows + row) * inColumns + column) * channels + c];
              const line = (frame: number, row: number): number =>
                value(frame, row, w.low) * (1 - w.share) + value(frame, row, w.high) * w.share;
              const plane = (frame: number): number => line(frame, h.low) * (1 - h.share) + line(frame, h.high) * h.share;
              result.data[at++] = plane(f.low) * (1 - f.share) + plane(f.high) * f.share;
            }
          }
        }
      }
    }
    return result;
  },

  lower(request) {
    const [x] = request.inputs;
    const { shape } = request.output;
    const method = textAttribute(request.attributes, 'method', methods);
    const count = elementCount(shape);
    const vector = shape[4] % 4 === 0;
    const lanes = vector ? 4 : 1;
    const { epilogue, operands } = epilogueParts(request, 2);
    return {
      calls: [
        {
          kernel: 'resample/resample',
          conditions: {
            vector,
            linear: method === 'bilinear' || method === 'trilinear',
            blend_frames: method === 'trilinear' && x.shape[1] !== shape[1],
          },
          constants: sizeConstants(x.shape, shape),
          modules: { epilogue },
          operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, ...operands],
          uniforms: [
            { u32: count / lanes },
            { f32: x.shape[1] / shape[1] },
            { f32: x.shape[2] / shape[2] },
            { f32: x.shape[3] / shape[3] },
            { f32: method === 'nearest' ? 0 : 0.5 },
          ],
          workgroups: foldedGrid(count / lanes, 64),
        },
      ],
    };
  },

  absorbsEpilogue: () => true,

  // Along each axis resampling is a matrix [to, from]; backwards it is the transposed one.
  gradient({ inputs: [x], output, gradient, attributes }) {
    const method = textAttribute(attributes, 'method', methods);
    return [
      [1, 2, 3].reduce((value, axis) => {
        const [from, to] = [x.shape[axis], output.shape[axis]];
        if (from === to) return value;
        const matrix = value.tracer.constant(shares(from, to, method), [to, from]);
        const axes = [0, 1, 2, 3, 4];
        [axes[axis], axes[4]] = [4, axis];
        return permute(matmul(permute(value, axes), matrix), axes);
      }, gradient),
    ];
  },
});

/** The share [to, from] that each sample has in each position of the result. */
function shares(from: number, to: number, method: ResampleMethod): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let position = 0; position < to; position++) {
    const { low, high, share } = neighbours(position, from, to, method);
    matrix[position * from + low] += 1 - share;
    matrix[position * from + high] += share;
  }
  return matrix;
}

function sizeConstants(from: Shape, to: Shape): Record<string, number> {
  return {
    IN_FRAMES: from[1],
    IN_ROWS: from[2],
    IN_COLUMNS: from[3],
    FRAMES: to[1],
    ROWS: to[2],
    COLUMNS: to[3],
    CHANNELS: to[4],
  };
}

/**
 * Resizes frames, rows and columns.
 * @param x [B, F, H, W, C]
 * @param size [frames, rows, columns] of the result; `bilinear` keeps the frames.
 * @throws AiprodError `shape-mismatch`.
 */
export function resample(x: Tensor, size: readonly [number, number, number], method: ResampleMethod): Tensor {
  return x.tracer.apply('resample', [x], { size, method });
}
