/** One frame as passes of kernels: plain data, made without a GPU. */
import type { BlendMode } from '../project';
import type { ColorTable, Composition, PicturedLayer } from './composition';
import type { EffectScene } from './effects';
import { effectPasses } from './layer-passes';
import { passOf, type Pass, type PassRequest, type Stored } from './pass';
import { placePicture, type Placement } from './placement';
import { parseColor } from './srgb';

/** Words from one row of a picture to the next; rows that are copied from textures begin at whole 256 bytes. */
export const strideOf = ({ kind, width }: PicturedLayer['picture']): number => (kind === 'bytes' ? width : Math.ceil(width / 64) * 64);

const noTables: ReadonlyMap<string, ColorTable> = new Map();

/**
 * The passes of a frame, in order; none where no layer is seen.
 * @param outputStride words from a row of the result to the next
 */
export function passesOf({ layers, frame, output, background, tables = noTables }: Composition, outputStride = output.width): Pass[] {
  let scratches = 0;
  const scratch = (width: number, height: number): Stored => ({
    buffer: { kind: 'scratch', id: scratches++, pixels: width * height },
    ...{ width, height, stride: width },
  });
  const seen = layers.flatMap(({ layer, picture }, index) => {
    const placement = placePicture(picture, layer.transform, frame, output);
    return placement === null ? [] : [{ layer, picture, index, placement }];
  });
  const passes: Pass[] = [];
  let below: Stored | undefined;
  for (const [order, { layer, picture, index, placement }] of seen.entries()) {
    const applied = effectPasses({
      picture: { buffer: { kind: 'picture', layer: index }, width: picture.width, height: picture.height, stride: strideOf(picture) },
      effects: layer.effects,
      scene: { ...placement.working, lengthScale: placement.lengthScale, clipFrame: layer.clipFrame, tables } satisfies EffectScene,
      nextApplies: placement.direct,
      scratch,
    });
    const isLast = order === seen.length - 1;
    const target: Stored = isLast
      ? { buffer: { kind: 'output' }, ...output, stride: outputStride }
      : (below ?? scratch(output.width, output.height));
    const over = { target, below, placement, background, isLast, opacity: layer.opacity, blend: layer.blend };
    passes.push(...applied.passes, passOf({ ...overPass(over, applied.result), source: applied.result, target, chain: applied.pending }));
    below = target;
  }
  return passes;
}

interface Over {
  readonly below: Stored | undefined;
  readonly placement: Placement;
  readonly background: string;
  readonly isLast: boolean;
  readonly opacity: number;
  readonly blend: BlendMode;
  readonly target: Stored;
}

type OverPass = Pick<PassRequest, 'kernel' | 'conditions' | 'modules' | 'extra' | 'uniform'>;

function overPass({ below, placement, background, isLast, opacity, blend, target }: Over, source: Stored): OverPass {
  const { direct, across, down, offset, windowLow, windowHigh, scale } = placement;
  const name = blend.replaceAll('-', '_');
  const readsBelow = below !== undefined && isLast;
  return {
    kernel: 'over',
    conditions: { direct, background: below === undefined, in_place: below !== undefined && !isLast, packed_out: isLast },
    modules: {
      blend: `import package::image::blend_modes::${name};\nfn blend(backdrop: vec3f, source: vec3f) -> vec3f { return ${name}(backdrop, source); }\n`,
    },
    ...(readsBelow ? { extra: below.buffer } : {}),
    uniform: [
      ['u32', target.width, target.height],
      ['u32', source.width, source.height],
      ...[across, down, offset, windowLow, windowHigh, scale].map((pair) => ['f32', ...pair] as const),
      ['f32', ...parseColor(background)],
      ['f32', opacity],
      ['u32', source.stride],
      ['u32', target.stride],
    ],
  };
}
