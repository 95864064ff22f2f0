/**
 * The passes that apply the effects of a layer. Pixel effects that follow each other are one function; it is taken along by the pass before it, or
 * by the one that lays the picture over what is below, so that a clip with any number of them is read and written once.
 */
import type { EvaluatedEffect } from '../project';
import { chainOf, identityChain, pixelEffectOf, type EffectChain } from './effect-chain';
import { gaussianWeights, type EffectScene } from './effects';
import { passOf, type Pass, type Stored, type UniformFields } from './pass';

export interface EffectPasses {
  readonly passes: readonly Pass[];
  /** What the passes made: the picture itself where there are none. */
  readonly result: Stored;
  /** Effects that are left for the pass that reads the result. */
  readonly pending: EffectChain;
}

export interface EffectRequest {
  readonly picture: Stored;
  readonly effects: readonly EvaluatedEffect[];
  /** Its size is that at which effects are applied. */
  readonly scene: EffectScene;
  /** The next pass may apply effects: it reads each pixel once, for the same pixel. */
  readonly nextApplies: boolean;
  /** A new buffer of f32. */
  readonly scratch: (width: number, height: number) => Stored;
}

/** Passes that apply effects to a picture, which is first reduced to the size of the scene. */
export function effectPasses({ picture, effects, scene, nextApplies, scratch }: EffectRequest): EffectPasses {
  const passes: Pass[] = [];
  const isReduced = scene.width !== picture.width || scene.height !== picture.height;
  const { run, rest } = nextRun(effects);
  const first = chainOf(run, scene, isBlur(rest[0]));
  if (!isReduced && rest.length === 0 && (nextApplies || run.length === 0)) return { passes, result: picture, pending: first };

  let current = picture;
  if (isReduced || run.length > 0 || isBlur(rest[0])) {
    const target = scratch(scene.width, scene.height);
    const size: UniformFields = [
      ['u32', scene.width, scene.height],
      ...(isReduced ? [['u32', picture.width, picture.height] as const] : []),
    ];
    const kernel = isReduced ? 'reduce' : 'adjust';
    passes.push(passOf({ kernel, source: picture, target, chain: first, uniform: [...size, ['u32', picture.stride]] }));
    current = target;
  }
  let queue = rest;
  while (queue.length > 0) {
    const [{ type, values }, ...following] = queue;
    const after = nextRun(following);
    const chain = chainOf(after.run, scene, isBlur(after.rest[0]));
    const sigma = Math.max(1e-3, values.radius * scene.lengthScale);
    const source = current;
    if (type === 'blur') {
      current = blurPasses({ source, sigma, linear: true, chain, scratch }, passes);
    } else {
      const blurred = blurPasses({ source, sigma, linear: false, chain: identityChain, scratch }, passes);
      current = scratch(source.width, source.height);
      const uniform: UniformFields = [
        ['u32', source.width, source.height],
        ['u32', source.stride],
        ['f32', values.amount],
        ['f32', values.threshold],
      ];
      passes.push(passOf({ kernel: 'sharpen', source, target: current, chain, extra: blurred.buffer, uniform }));
    }
    queue = after.rest;
  }
  return { passes, result: current, pending: identityChain };
}

/** Whether what comes next adds up light. */
const isBlur = (effect: EvaluatedEffect | undefined): boolean => effect?.type === 'blur';

/** The pixel effects at the beginning, and what follows from the first area effect on. */
function nextRun(effects: readonly EvaluatedEffect[]): {
  readonly run: readonly EvaluatedEffect[];
  readonly rest: readonly EvaluatedEffect[];
} {
  const end = effects.findIndex((effect) => pixelEffectOf(effect) === null);
  return end === -1 ? { run: effects, rest: [] } : { run: effects.slice(0, end), rest: effects.slice(end) };
}

interface BlurRequest {
  readonly source: Stored;
  /** Pixels. */
  readonly sigma: number;
  /** Of light, not of encoded values. */
  readonly linear: boolean;
  /** Applied to the result. */
  readonly chain: EffectChain;
  readonly scratch: EffectRequest['scratch'];
}

/** Both axes of a Gaussian. */
function blurPasses({ source, sigma, linear, chain, scratch }: BlurRequest, passes: Pass[]): Stored {
  const { width, height } = source;
  const weights = gaussianWeights(sigma);
  const [between, target] = [scratch(width, height), scratch(width, height)];
  const padded = new Float32Array(weights.length + 3);
  padded.set(weights);
  const extra = { kind: 'data', values: padded } as const;
  const quarter = (pixels: number): number => Math.ceil(pixels / 4);
  const uniform = (stride: number, x: number, y: number): UniformFields => [
    ['u32', width, height],
    ...[stride, x, y, weights.length - 1].map((value) => ['u32', value] as const),
  ];
  const rows = { kernel: 'blur', conditions: { first: true, last: false, linear }, source, target: between, chain: identityChain };
  const columns = { kernel: 'blur', conditions: { first: false, last: true, linear }, source: between, target, chain };
  passes.push(
    passOf({ ...rows, extra, uniform: uniform(source.stride, 1, 0), size: [quarter(width), height] }),
    passOf({ ...columns, extra, uniform: uniform(width, 0, 1), size: [width, quarter(height)] }),
  );
  return target;
}
