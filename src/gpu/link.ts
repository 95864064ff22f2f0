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
 * `Tk`, `Tkx2` and `Tkx4`, and every generated module of the variant.
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
    .map(({ element }, k) => `alias T${k} = ${element};\nalias T${k}x2 = vec2<${element}>;\nalias T${k}x4 = vec4<${element}>;\n`)
    .join('');
}

function enableDirectives(variant: KernelVariant, bindings: readonly BindingType[]): string {
  const f16 = variant.features?.includes('f16') === true || bindings.some((binding) => binding.element === 'f16');
  const subgroups = variant.features?.includes('subgroups') === true;
  return `${f16 ? 'enable f16;\n' : ''}${subgroups ? 'enable subgroups;\n' : ''}`;
}
