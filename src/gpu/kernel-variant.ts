/** Element types of storage bindings. */
export type ElementType = 'f32' | 'f16' | 'i32' | 'u32';

/** One variant of one kernel source: what the WESL linker needs to make WGSL of it. Plain data. */
export interface KernelVariant {
  /** Module path under kernels/, without ending: `matmul/register_tile`. */
  readonly kernel: string;
  /** WESL conditions (`@if(name)`). */
  readonly conditions?: Readonly<Record<string, boolean>>;
  /** WESL constants (`import constants::NAME`). */
  readonly constants?: Readonly<Record<string, number>>;
  /** Modules generated for this variant, e.g. `{ epilogue: '...' }`, imported as `package::epilogue`. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Modules of kernels/ that stand for a name the kernel imports: `{ weights: 'weights/int8' }` is its `package::weights`. */
  readonly implementations?: Readonly<Record<string, string>>;
  /** WGSL features the kernel needs beyond f16 storage, which is found from the element types. */
  readonly features?: readonly ('subgroups' | 'f16')[];
}

/** How a kernel sees one storage binding. */
export interface BindingType {
  readonly element: ElementType;
  readonly access: 'read' | 'read_write';
}
