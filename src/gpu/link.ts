import { link } from 'wesl';
import { AiprodError } from '../errors';
import { kernelSources } from './kernel-sources';
import type { BindingType, KernelVariant } from './kernel-variant';

/** A string that is equal for variants that link to equal WGSL. */
export function variantKey(variant: KernelVariant, bindings: readonly BindingType[]): string {
  return JSON.stringify([
    variant.kernel,
    variant.conditions ?? {},
    variant.constants ?? {},
    variant.modules ?? {},
    variant.implementations ?? {},
    variant.features ?? [],
    bindings.map((binding) => `${binding.element}${binding.access === 'read' ? 'r' : 'w'}`),
  ]);
}

/**
 * Links one kernel variant to plain WGSL. The kernel sees `package::types` with the element type of storage binding k as
 * `Tk`, `Tkx2` and `Tkx4`, and every generated module of the variant; `Packedk` is four neighbouring elements as they are best
 * loaded, and `unpackk` makes a `vec4f` of them.
 */
export async function linkKernel(variant: KernelVariant, bindings: readonly BindingType[]): Promise<string> {
  sourceOf(variant.kernel);
  const generated: Record<string, string> = { 'types.wgsl': typesModule(bindings) };
  for (const [name, module] of Object.entries(variant.implementations ?? {})) generated[`${name}.wgsl`] = sourceOf(module);
  for (const [name, source] of Object.entries(variant.modules ?? {})) generated[`${name}.wgsl`] = source;
  try {
    const linked = await link({
      weslSrc: { ...kernelSources, ...generated },
      rootModuleName: variant.kernel,
      conditions: { ...variant.conditions },
      constants: { ...variant.constants },
    });
    return enableDirectives(variant, bindings) + linked.dest;
  } catch (cause) {
    throw new AiprodError(
      'internal',
      `kernel ${variant.kernel} does not link: ${cause instanceof Error ? cause.message : String(cause)}`,
      {},
      { cause },
    );
  }
}

function sourceOf(module: string): string {
  const source = kernelSources[`${module}.wgsl`];
  if (source !== undefined) return source;
  throw new AiprodError('internal', `there is no kernel ${module}`, { expected: Object.keys(kernelSources).join(', ') });
}

function typesModule(bindings: readonly BindingType[]): string {
  return bindings
    .map((binding, k) => {
      const { element } = binding;
      // Halves are loaded as two words: CPU drivers gather element by element, and compile and run four gathers of 16 bits slowly.
      const words = element === 'f16' && binding.access === 'read';
      return [
        `alias T${k} = ${element};`,
        `alias T${k}x2 = vec2<${element}>;`,
        `alias T${k}x4 = vec4<${element}>;`,
        `alias Packed${k} = ${words ? 'vec2<u32>' : `vec4<${element}>`};`,
        `fn unpack${k}(four: Packed${k}) -> vec4f { return vec4f(${words ? 'unpack2x16float(four.x), unpack2x16float(four.y)' : 'four'}); }\n`,
      ].join('\n');
    })
    .join('');
}

function enableDirectives(variant: KernelVariant, bindings: readonly BindingType[]): string {
  const f16 = variant.features?.includes('f16') === true || bindings.some((binding) => binding.element === 'f16');
  const subgroups = variant.features?.includes('subgroups') === true;
  return `${f16 ? 'enable f16;\n' : ''}${subgroups ? 'enable subgroups;\n' : ''}`;
}
