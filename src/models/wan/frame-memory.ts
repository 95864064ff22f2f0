import { concat, slice, type Tensor } from '../../graph';

/** Which part of a video a pass of the VAE goes through: all of it, or its first frame, or a stretch behind frames that went before. */
export type VideoPart = 'whole' | 'first' | 'later';

/** What the names of inputs and outputs begin with that carry frames from one part to the next. */
export const carriedPrefix = 'carried.';

/**
 * The frames that causal layers see before those at hand (`feat_cache` of the reference). A pass through the first part gives the last
 * frames that each layer saw as outputs `carried.N`; a later pass takes them as inputs of the same names and gives its own. What the
 * first part does not give is zeros. Both go through layers in one order, by which N counts.
 */
export class FrameMemory {
  private layers = 0;
  private readonly kept = new Map<string, Tensor>();

  constructor(readonly part: VideoPart) {}

  /**
   * Values [B, F, H, W, C] behind the `count` frames before them.
   * @returns the frames at hand with those that are remembered, and how many zeros are wanted before them
   */
  before(x: Tensor, count: number): { readonly frames: Tensor; readonly zeros: number } {
    if (count === 0 || this.part === 'whole') return { frames: x, zeros: count };
    const name = this.next();
    const frames = this.part === 'first' ? x : concat([this.remembered(name, x, count), x], 1);
    const length = frames.shape[1];
    const zeros = this.part === 'first' ? count : 0;
    this.kept.set(name, length >= count ? slice(frames, 1, length - count, count) : concat([zerosLike(x, count - length), x], 1));
    return { frames, zeros };
  }

  /** Keeps the last frame, which the next part takes before its own. Not before the first part, which is all there is then. */
  joined(x: Tensor): Tensor {
    const name = this.next();
    const frames = this.part === 'first' ? x : concat([this.remembered(name, x, 1), x], 1);
    this.kept.set(name, slice(frames, 1, frames.shape[1] - 1, 1));
    return frames;
  }

  /** A layer that the first part does not go through: it remembers zeros. */
  skip(): void {
    this.next();
  }

  /** What the next part takes, by name. */
  outputs(): Readonly<Record<string, Tensor>> {
    return Object.fromEntries(this.kept);
  }

  private next(): string {
    return `${carriedPrefix}${this.layers++}`;
  }

  private remembered(name: string, x: Tensor, count: number): Tensor {
    const [batch, , ...rest] = x.shape;
    return x.tracer.input(name, [batch, count, ...rest], x.dtype);
  }
}

function zerosLike(x: Tensor, count: number): Tensor {
  const [batch, , ...rest] = x.shape;
  const shape = [batch, count, ...rest];
  return x.tracer.constant(new Float32Array(shape.reduce((product, size) => product * size, 1)), shape, x.dtype);
}
