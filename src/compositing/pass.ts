/** A pass of a kernel as plain data, and what it reads and writes. */
import type { BindingType, ElementType, KernelVariant } from '../gpu';
import type { EffectChain } from './effect-chain';

/** What a pass reads or writes. */
export type PassBuffer =
  /** The picture of a layer, by its index: RGBA8, a word a pixel. */
  | { readonly kind: 'picture'; readonly layer: number }
  /** RGBA in f32, 16 bytes a pixel; numbered in the order of their first use. */
  | { readonly kind: 'scratch'; readonly id: number; readonly pixels: number }
  /** RGBA8, a word a pixel. */
  | { readonly kind: 'output' }
  | { readonly kind: 'data'; readonly values: Float32Array<ArrayBuffer> };

/** Pixels in a buffer. */
export interface Stored {
  readonly buffer: PassBuffer;
  readonly width: number;
  readonly height: number;
  /** Pixels from a row to the next. */
  readonly stride: number;
}

export interface Pass {
  readonly variant: KernelVariant;
  /** In the order of the bindings of group 0. */
  readonly bindings: readonly { readonly buffer: PassBuffer; readonly type: BindingType }[];
  readonly uniform: Uint8Array<ArrayBuffer>;
  /** Invocations along x and y. */
  readonly size: readonly [number, number];
}

/** Fields of a uniform in turn: whole numbers or f32, a scalar or a vector, aligned as WGSL does. */
export type UniformFields = readonly (readonly [element: 'u32' | 'f32', ...values: number[]])[];

/** Bytes of a uniform structure (WGSL, section 14.4.1: vec2 is aligned to 8 bytes, vec3 to 16). */
export function packUniform(fields: UniformFields): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(256));
  let end = 0;
  for (const [element, ...values] of fields) {
    const alignment = [4, 8, 16, 16][values.length - 1];
    end = Math.ceil(end / alignment) * alignment;
    for (const value of values) {
      if (element === 'u32') view.setUint32(end, value, true);
      else view.setFloat32(end, value, true);
      end += 4;
    }
  }
  return new Uint8Array(view.buffer, 0, Math.ceil(end / 16) * 16);
}

export interface PassRequest {
  /** Under kernels/image. */
  readonly kernel: string;
  readonly conditions?: Readonly<Record<string, boolean>>;
  readonly modules?: Readonly<Record<string, string>>;
  readonly source: Stored;
  readonly target: Stored;
  /** Effects that the kernel calls. */
  readonly chain: EffectChain;
  /** What the kernel reads besides. */
  readonly extra?: PassBuffer;
  readonly uniform: UniformFields;
  /** Invocations along x and y, where they are others than pixels of the target. */
  readonly size?: readonly [number, number];
}

/** One pass: target from source, pixel by pixel of the target. */
export function passOf({ kernel, conditions, modules, source, target, chain, extra, uniform, size }: PassRequest): Pass {
  const read = (buffer: PassBuffer): { buffer: PassBuffer; type: BindingType } => ({
    buffer,
    type: { element: elementOf(buffer), access: 'read' },
  });
  return {
    variant: {
      kernel: `image/${kernel}`,
      conditions: { packed: source.buffer.kind === 'picture', ...conditions },
      modules: { effects: chain.module, ...modules },
    },
    bindings: [
      { buffer: target.buffer, type: { element: elementOf(target.buffer), access: 'read_write' } },
      ...[source.buffer, { kind: 'data', values: chain.numbers } as const, { kind: 'data', values: chain.tables } as const].map(read),
      ...(extra === undefined ? [] : [read(extra)]),
    ],
    uniform: packUniform(uniform),
    size: size ?? [target.width, target.height],
  };
}

const elementOf = ({ kind }: PassBuffer): ElementType => (kind === 'picture' || kind === 'output' ? 'u32' : 'f32');
