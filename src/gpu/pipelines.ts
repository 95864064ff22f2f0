import { AiprodError } from '../errors';
import { linkKernel, variantKey } from './link';
import type { BindingType, KernelVariant } from './kernel-variant';

/** A compiled kernel with the layouts its bind groups need. */
export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly storageLayout: GPUBindGroupLayout;
  /** Layout of group 1, the uniform parameters; undefined when the kernel has none. */
  readonly uniformLayout: GPUBindGroupLayout | undefined;
}

/** Compiles each kernel variant once per device. */
export class PipelineCache {
  private readonly compiled = new Map<string, Promise<CompiledKernel>>();

  constructor(private readonly device: GPUDevice) {}

  /** Number of variants compiled or being compiled. */
  get size(): number {
    return this.compiled.size;
  }

  get(variant: KernelVariant, bindings: readonly BindingType[], hasUniforms: boolean): Promise<CompiledKernel> {
    const key = variantKey(variant, bindings);
    const known = this.compiled.get(key);
    if (known !== undefined) return known;
    const compiling = this.compile(variant, bindings, hasUniforms);
    this.compiled.set(key, compiling);
    return compiling;
  }

  private async compile(variant: KernelVariant, bindings: readonly BindingType[], hasUniforms: boolean): Promise<CompiledKernel> {
    const { device } = this;
    const code = await linkKernel(variant, bindings);
    const storageLayout = device.createBindGroupLayout({
      label: `${variant.kernel} storage`,
      entries: bindings.map((type, binding) => ({
        binding,
        visibility: GPUShaderStage_COMPUTE,
        buffer: { type: type.access === 'read' ? 'read-only-storage' : 'storage' },
      })),
    });
    const uniformLayout = hasUniforms
      ? device.createBindGroupLayout({
          label: `${variant.kernel} uniforms`,
          entries: [{ binding: 0, visibility: GPUShaderStage_COMPUTE, buffer: { type: 'uniform' } }],
        })
      : undefined;
    const module = device.createShaderModule({ label: variant.kernel, code });
    try {
      const pipeline = await device.createComputePipelineAsync({
        label: variant.kernel,
        layout: device.createPipelineLayout({
          bindGroupLayouts: uniformLayout === undefined ? [storageLayout] : [storageLayout, uniformLayout],
        }),
        compute: { module, entryPoint: 'main' },
      });
      return { pipeline, storageLayout, uniformLayout };
    } catch (cause) {
      const { messages } = await module.getCompilationInfo();
      const errors = messages.filter((message) => message.type === 'error').map((message) => `line ${message.lineNum}: ${message.message}`);
      const reason = errors.length > 0 ? errors.join('; ') : cause instanceof Error ? cause.message : String(cause);
      throw new AiprodError('gpu-failure', `kernel ${variant.kernel} does not compile on this adapter: ${reason}`, {}, { cause });
    }
  }
}

/** GPUShaderStage.COMPUTE; the global constants do not exist in Node. */
const GPUShaderStage_COMPUTE = 0x4;
