import type { Video } from '../../models';
import type { PlacedSpan, TilePlan } from './tile-plan';
import { gridLaplacian, solveConjugateGradient } from './grid-laplacian';

/** Where the residual has shrunk to this share of where it began, the correction is far below what 8 bits show. */
const tolerance = 1e-4;

/** Collects tiles and corrects their blend. */
export interface SeamCorrection {
  /** @param tile [B, C, F, h, w] @param row, @param column of the tile in the plan */
  add(tile: Video, row: number, column: number): void;
  /** Corrects the blend of all tiles, [B, C, F, H, W], in place. */
  apply(blended: Video): void;
}

/**
 * Gradient-domain blending (Perez, Gangnet and Blake, "Poisson Image Editing", SIGGRAPH 2003): within the overlaps O, find f
 * with the least integral of |grad f - v|^2, f = u on the border of O, where u is the blend and the guidance v is the blend of
 * the tiles' gradients. A blend has another gradient, grad u = v + sum_i T_i grad w_i: where tiles T_i disagree, the change of
 * their weights w_i draws an edge that no tile has. With f = u + e this is the Poisson equation
 *
 *     laplace e = div (v - grad u) in O,  e = 0 outside,
 *
 * solved for each frame and channel with differences between neighbouring pixels; the edge of the video is free (Neumann).
 *
 * @param planes batch x channels x frames
 */
export function seamCorrection({ rows, columns }: TilePlan, planes: number): SeamCorrection {
  const height = rows[rows.length - 1].placed.end;
  const width = columns[columns.length - 1].placed.end;
  const rowSeams = edgeWeights(rows);
  const columnSeams = edgeWeights(columns);
  const inRows = overlapped(rows);
  const inColumns = overlapped(columns);
  const laplacian = gridLaplacian({
    height,
    width,
    inside: (y, x) => inRows[y] === 1 || inColumns[x] === 1,
    joinedBelow: (y) => rowSeams.joined[y] === 1,
    joinedRight: (x) => columnSeams.joined[x] === 1,
  });
  /** Minus the divergence of the guidance, at each pixel. */
  const guidance = new Float32Array(planes * height * width);

  const add = (tile: Video, row: number, column: number): void => {
    const [, , , tileHeight, tileWidth] = tile.shape;
    const { placed: rowPlace, weights: rowWeights } = rows[row];
    const { placed: columnPlace, weights: columnWeights } = columns[column];
    const below = rowSeams.weights[row];
    const right = columnSeams.weights[column];
    for (let plane = 0; plane < planes; plane++) {
      for (let y = 0; y < tileHeight; y++) {
        const from = (plane * tileHeight + y) * tileWidth;
        const to = (plane * height + rowPlace.start + y) * width + columnPlace.start;
        for (let x = 0; x < tileWidth; x++) {
          const value = tile.data[from + x];
          if (x + 1 < tileWidth) {
            const step = rowWeights[y] * right[x] * (value - tile.data[from + x + 1]);
            guidance[to + x] += step;
            guidance[to + x + 1] -= step;
          }
          if (y + 1 < tileHeight) {
            const step = below[y] * columnWeights[x] * (value - tile.data[from + x + tileWidth]);
            guidance[to + x] += step;
            guidance[to + x + width] -= step;
          }
        }
      }
    }
  };

  const apply = ({ data }: Video): void => {
    const size = height * width;
    for (let plane = 0; plane < planes; plane++) {
      const blended = data.subarray(plane * size, (plane + 1) * size);
      const wanted = guidance.subarray(plane * size, (plane + 1) * size);
      const present = laplacian.applyTo(blended);
      const correction = solveConjugateGradient(
        laplacian,
        present.map((value, k) => wanted[laplacian.pixels[k]] - value),
        tolerance,
      );
      correction.forEach((value, k) => (blended[laplacian.pixels[k]] += value));
    }
  };
  return { add, apply };
}

/** For each span, the weight of its difference from each position to the next; sums to 1 where any span holds both. */
function edgeWeights(spans: readonly PlacedSpan[]): { weights: Float32Array[]; joined: Uint8Array } {
  const length = spans[spans.length - 1].placed.end;
  const sums = new Float64Array(length);
  const means = spans.map(({ placed, weights }) => {
    const mean = Float64Array.from({ length: weights.length - 1 }, (_, i) => (weights[i] + weights[i + 1]) / 2);
    mean.forEach((weight, i) => (sums[placed.start + i] += weight));
    return mean;
  });
  return {
    weights: spans.map(({ placed }, k) => Float32Array.from(means[k], (weight, i) => (weight === 0 ? 0 : weight / sums[placed.start + i]))),
    joined: Uint8Array.from(sums, (sum) => (sum > 0 ? 1 : 0)),
  };
}

/** 1 where two spans or more lie. */
function overlapped(spans: readonly PlacedSpan[]): Uint8Array {
  const inside = new Uint8Array(spans[spans.length - 1].placed.end);
  for (let k = 1; k < spans.length; k++) inside.fill(1, spans[k].placed.start, spans[k - 1].placed.end);
  return inside;
}
