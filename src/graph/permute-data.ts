/** Arrays that can be reordered: f32, 16-bit and 8-bit codes. */
type Reorderable = Float32Array | Uint16Array | Uint8Array;

/** Reorders dimensions: dimension `axis` of the result is dimension `permute[axis]` of `data`. */
export function permuteData(data: Float32Array, shape: readonly number[], permute: readonly number[]): Float32Array<ArrayBuffer>;
export function permuteData(data: Uint16Array, shape: readonly number[], permute: readonly number[]): Uint16Array<ArrayBuffer>;
export function permuteData(data: Uint8Array, shape: readonly number[], permute: readonly number[]): Uint8Array<ArrayBuffer>;
export function permuteData(data: Reorderable, shape: readonly number[], permute: readonly number[]): Reorderable {
  const result = emptyLike(data);
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  const sizes = permute.map((axis) => shape[axis]);
  const steps = permute.map((axis) => strides[axis]);
  const position = new Array<number>(sizes.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      position[axis]++;
      from += steps[axis];
      if (position[axis] < sizes[axis]) break;
      from -= steps[axis] * sizes[axis];
      position[axis] = 0;
    }
  }
  return result;
}

function emptyLike(data: Reorderable): Reorderable {
  if (data instanceof Float32Array) return new Float32Array(data.length);
  return data instanceof Uint16Array ? new Uint16Array(data.length) : new Uint8Array(data.length);
}
