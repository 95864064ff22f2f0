/** A region of an image, and which neighbouring pixels are joined. */
export interface GridRegion {
  readonly height: number;
  readonly width: number;
  readonly inside: (y: number, x: number) => boolean;
  /** Whether rows y and y + 1 are joined. */
  readonly joinedBelow: (y: number) => boolean;
  /** Whether columns x and x + 1 are joined. */
  readonly joinedRight: (x: number) => boolean;
}

/** The five-point Laplacian (negated, so positive) on a region: each pixel's differences to its joined neighbours, summed. */
export interface GridLaplacian {
  /** Where the region's pixels are in the image. */
  readonly pixels: Int32Array;
  /** Of a whole image, at the region's pixels. */
  applyTo(image: Float32Array): Float64Array;
  /** Of values of the region's pixels, which are 0 outside. */
  apply(values: Float64Array, result: Float64Array): void;
}

export function gridLaplacian({ height, width, inside, joinedBelow, joinedRight }: GridRegion): GridLaplacian {
  const positions: number[] = [];
  const numberOf = new Int32Array(height * width).fill(-1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!inside(y, x)) continue;
      numberOf[y * width + x] = positions.length;
      positions.push(y * width + x);
    }
  }
  const pixels = Int32Array.from(positions);
  // Four neighbours of each pixel by their place in the image; -1 where there is none.
  const neighbours = new Int32Array(pixels.length * 4).fill(-1);
  pixels.forEach((pixel, k) => {
    const y = Math.floor(pixel / width);
    const x = pixel % width;
    if (x > 0 && joinedRight(x - 1)) neighbours[4 * k] = pixel - 1;
    if (x + 1 < width && joinedRight(x)) neighbours[4 * k + 1] = pixel + 1;
    if (y > 0 && joinedBelow(y - 1)) neighbours[4 * k + 2] = pixel - width;
    if (y + 1 < height && joinedBelow(y)) neighbours[4 * k + 3] = pixel + width;
  });
  // The same by number in the region, with one more number, of value 0, for pixels outside it.
  const outside = pixels.length;
  const numbered = neighbours.map((pixel) => (pixel === -1 || numberOf[pixel] === -1 ? outside : numberOf[pixel]));
  const degrees = Float64Array.from(pixels, (_, k) => {
    let degree = 0;
    for (let n = 4 * k; n < 4 * k + 4; n++) if (neighbours[n] !== -1) degree++;
    return degree;
  });
  const padded = new Float64Array(pixels.length + 1);
  return {
    pixels,
    applyTo(image) {
      return Float64Array.from(pixels, (pixel, k) => {
        let sum = degrees[k] * image[pixel];
        for (let n = 4 * k; n < 4 * k + 4; n++) if (neighbours[n] !== -1) sum -= image[neighbours[n]];
        return sum;
      });
    },
    apply(values, result) {
      padded.set(values);
      for (let k = 0, n = 0; k < pixels.length; k++, n += 4) {
        result[k] =
          degrees[k] * padded[k] - padded[numbered[n]] - padded[numbered[n + 1]] - padded[numbered[n + 2]] - padded[numbered[n + 3]];
      }
    },
  };
}

/**
 * Solves A x = b by conjugate gradients (Hestenes and Stiefel 1952), from 0 until the residual is `tolerance` times b, or for as
 * many steps as there are unknowns. Where a whole component floats (no border holds it), the result is the one of mean 0.
 */
export function solveConjugateGradient(matrix: GridLaplacian, b: Float64Array, tolerance: number): Float64Array {
  const x = new Float64Array(b.length);
  const residual = Float64Array.from(b);
  const direction = Float64Array.from(b);
  const image = new Float64Array(b.length);
  let norm = dot(residual, residual);
  const enough = norm * tolerance * tolerance;
  for (let step = 0; step < b.length && norm > enough; step++) {
    matrix.apply(direction, image);
    const curvature = dot(direction, image);
    if (curvature <= 0) break;
    const length = norm / curvature;
    for (let i = 0; i < x.length; i++) {
      x[i] += length * direction[i];
      residual[i] -= length * image[i];
    }
    const next = dot(residual, residual);
    const turn = next / norm;
    for (let i = 0; i < x.length; i++) direction[i] = residual[i] + turn * direction[i];
    norm = next;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
