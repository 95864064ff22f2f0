import { AiprodError } from '../errors';
import { bufferUsage, openPassTimer, type CompiledKernel, type GpuContext, type KernelTiming } from '../gpu';
import type { ParameterReader } from './parameter-reader';
import type { Graph } from './graph';
import { fromDeviceBytes, toDeviceBytes } from './host-transfer';
import { ParameterStore } from './parameter-store';
import { DeviceTensor } from './device-tensor';
import { allocateOwn, freeOwn, writeConstants, type OwnBuffers } from './own-buffers';
import { removeDeadCode } from './passes/dead-code';
import { fuse } from './passes/fuse';
import { gatherOnHost } from './passes/gather-on-host';
import { planProgram } from './planner';
import { uniformStride, type Program, type ProgramBuffer, type ProgramStep } from './program';
import { StreamedParameters } from './streamed-parameters';
import type { StreamingPlan } from './streaming';
import { bindingElement, bytesPerElement, elementCount, storageBytes, type HostTensor, type TensorType } from './types';

/** Compiles a graph for a device: passes, then the plan. */
export function compileGraph(graph: Graph, { capabilities }: Pick<GpuContext, 'capabilities'>): Program {
  return planProgram(fuse(removeDeadCode(gatherOnHost(graph, capabilities)), capabilities), capabilities);
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Called as groups of dispatches finish, with the share of the program's arithmetic that is done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export interface InstanceOptions {
  /** Lets the weights of blocks pass through a few slots in place of holding them all. */
  readonly streaming?: StreamingPlan;
  /** Outputs, and inputs of the same names, that stay on the device: no run reads them back; see {@link ProgramInstance.takeFrom}. */
  readonly onDevice?: (name: string) => boolean;
  /** Inputs whose values are on the device already: they are bound as they are, and not freed with the instance. */
  readonly given?: ReadonlyMap<string, DeviceTensor>;
}

/** One dispatch, ready to be recorded again and again. */
interface PreparedStep {
  readonly step: ProgramStep;
  readonly kernel: CompiledKernel;
  readonly storage: GPUBindGroup;
  readonly uniforms: GPUBindGroup | undefined;
}

/** Dispatches that are timed in one submission. */
const timedBatch = 512;

/** GPUMapMode.READ; the global constants do not exist in Node. */
const mapModeRead = 0x1;

/** Dispatches per submission on a CPU driver, where one submission must not block cancelling and progress for long. */
const softwareStepsPerSubmission = 24;

/** A program with its buffers, pipelines and bind groups on one device; running it makes no objects per dispatch. */
export class ProgramInstance {
  /** Inputs whose rows of tables are not there yet. */
  private readonly rowsToRead = new Map<string, HostTensor['data']>();

  private constructor(
    readonly program: Program,
    private readonly context: GpuContext,
    private readonly parameters: ParameterStore,
    private readonly own: OwnBuffers,
    private readonly steps: readonly PreparedStep[],
    private readonly streamed: StreamedParameters | undefined,
    private readonly onDevice: (name: string) => boolean,
  ) {}

  /**
   * Allocates, uploads constants and compiles kernels. Parameters are loaded into (or found in) the store; where anything fails, they
   * stay there, and everything else is freed.
   */
  static async create(
    program: Program,
    context: GpuContext,
    parameters: ParameterStore,
    { streaming, onDevice = () => false, given }: InstanceOptions = {},
  ): Promise<ProgramInstance> {
    const compiling = Promise.all(
      program.steps.map((step) =>
        context.pipelines.get(
          step.call,
          step.bindings.map(({ type, access }) => ({ element: bindingElement(type), access })),
          step.call.uniforms !== undefined,
        ),
      ),
    );
    // A failed upload must not leave a rejected compilation unhandled.
    compiling.catch(() => undefined);
    await parameters.load(program, streaming === undefined ? {} : { except: new Set(streaming.blocks.flat()) });
    const streamed = streaming === undefined ? undefined : await StreamedParameters.create(streaming, program, context, parameters);
    let allocated: OwnBuffers | undefined;
    try {
      allocated = await allocateOwn(program, context, onDevice, given);
      writeConstants(program, context, allocated);
      const kernels = await compiling;
      const parameterAt = (index: number): GPUBuffer | undefined => {
        const spec = program.buffers[index];
        return spec.kind === 'parameter' ? (streamed?.bufferOf(index) ?? parameters.get(spec)) : undefined;
      };
      const steps = prepareSteps(program, context, parameterAt, allocated, kernels);
      return new ProgramInstance(program, context, parameters, allocated, steps, streamed, onDevice);
    } catch (error) {
      if (allocated !== undefined) freeOwn(allocated, context);
      streamed?.destroy();
      throw error;
    }
  }

  /** Writes an input, or a parameter in the order in which the graph reads it; it keeps its value over runs until written again. */
  write(name: string, data: HostTensor['data']): void {
    const { index, spec, type } = this.leafNamed(name);
    if (data.length !== elementCount(type.shape)) {
      throw new AiprodError('shape-mismatch', `${spec.kind} ${name} does not fit the program`, {
        expected: `${elementCount(type.shape)} elements for [${type.shape.join(', ')}]`,
        found: `${data.length} elements`,
      });
    }
    this.context.device.queue.writeBuffer(this.bufferAt(index), 0, toDeviceBytes(data, type.dtype));
    if (this.program.buffers.some((other) => other.kind === 'rows' && other.ids === name)) this.rowsToRead.set(name, data);
  }

  /**
   * Copies the outputs of another instance's (or of this one's) latest run that stayed on the device into this one's inputs of the same
   * names; inputs that stay on the device and that it does not give become zeros.
   */
  takeFrom(other: ProgramInstance): void {
    const encoder = this.context.device.createCommandEncoder();
    this.program.buffers.forEach((spec, index) => {
      if (spec.kind !== 'input' || !this.onDevice(spec.name)) return;
      const output = other.program.outputs.find(({ name }) => name === spec.name);
      if (output === undefined) encoder.clearBuffer(this.bufferAt(index));
      else encoder.copyBufferToBuffer(other.bufferAt(output.buffer), output.offset, this.bufferAt(index), 0, storageBytes(output.type));
    });
    this.context.device.queue.submit([encoder.finish()]);
  }

  /** An output of the latest run that stayed on the device, for another program; the caller destroys it. */
  keep(name: string): Promise<DeviceTensor> {
    const output = this.program.outputs.find((own) => own.name === name);
    if (output === undefined) throw new AiprodError('internal', `the program has no output ${name}`);
    return DeviceTensor.copyOf(output.type, this.bufferAt(output.buffer), output.offset, this.context);
  }

  /** Reads the rows of tables that the inputs written since the last run ask for. */
  private async writeRows(): Promise<void> {
    for (const [index, spec] of this.program.buffers.entries()) {
      const ids = spec.kind === 'rows' ? this.rowsToRead.get(spec.ids) : undefined;
      if (spec.kind !== 'rows' || ids === undefined) continue;
      this.context.device.queue.writeBuffer(this.bufferAt(index), 0, await this.parameters.readRows(spec, ids));
    }
    this.rowsToRead.clear();
  }

  /** Runs every dispatch and reads the outputs back. */
  async run(inputs: Readonly<Record<string, HostTensor['data']>> = {}, options: RunOptions = {}): Promise<Map<string, HostTensor>> {
    for (const [name, data] of Object.entries(inputs)) this.write(name, data);
    await this.writeRows();
    const { device, onKernel } = this.context;
    if (onKernel === undefined) await this.dispatch(options);
    else (await this.dispatchTimed(options.signal)).forEach(onKernel);
    throwIfCancelled(options.signal);
    const encoder = device.createCommandEncoder();
    const read = this.program.outputs.filter(({ name }) => !this.onDevice(name));
    for (const output of read) {
      encoder.copyBufferToBuffer(this.bufferAt(output.buffer), output.offset, this.readbackOf(output.name), 0, storageBytes(output.type));
    }
    device.queue.submit([encoder.finish()]);
    const results = new Map<string, HostTensor>();
    for (const output of read) {
      const staging = this.readbackOf(output.name);
      await this.context.gpu.guard(staging.mapAsync(mapModeRead));
      const data = fromDeviceBytes(staging.getMappedRange(), elementCount(output.type.shape), output.type.dtype);
      staging.unmap();
      results.set(output.name, { ...output.type, data });
    }
    options.onProgress?.(1);
    throwIfCancelled(options.signal);
    return results;
  }

  /**
   * Reads an input or a parameter as it is now: the state that runs have updated. In the order in which the graph reads it; what is
   * encoded as its words.
   */
  async read(name: string): Promise<HostTensor> {
    const { index, spec, type } = this.leafNamed(name);
    const { allocator, device, gpu } = this.context;
    const staging = allocator.create(`readback ${name}`, spec.bytes, bufferUsage.mapRead | bufferUsage.copyDestination);
    try {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(this.bufferAt(index), 0, staging, 0, spec.bytes);
      device.queue.submit([encoder.finish()]);
      await gpu.guard(staging.mapAsync(mapModeRead));
      const data = fromDeviceBytes(staging.getMappedRange(), elementCount(type.shape), type.dtype);
      staging.unmap();
      return { ...type, data };
    } finally {
      allocator.destroy(staging);
    }
  }

  /** An input or parameter, its place among the program's buffers, and its values' type: words where it is encoded. */
  private leafNamed(name: string): {
    readonly index: number;
    readonly spec: ProgramBuffer & { readonly kind: 'input' | 'parameter' };
    readonly type: TensorType;
  } {
    const index = this.program.buffers.findIndex(
      (buffer) => (buffer.kind === 'input' && buffer.name === name) || (buffer.kind === 'parameter' && buffer.spec.name === name),
    );
    const spec = this.program.buffers[index];
    if (spec?.kind !== 'input' && spec?.kind !== 'parameter') {
      throw new AiprodError('internal', `the program has no input or parameter ${name}`);
    }
    const words = spec.bytes / bytesPerElement.u32;
    return { index, spec, type: spec.type.encoding === undefined ? spec.type : { shape: [words], dtype: 'u32' } };
  }

  /** Runs every dispatch `times` times and waits until the device has done them; outputs stay on the device. For measuring. */
  async dispatchOnly(times = 1): Promise<void> {
    await this.writeRows();
    for (let k = 0; k < times; k++) await this.dispatch({});
    await this.context.gpu.guard(this.context.device.queue.onSubmittedWorkDone());
  }

  /** Runs once with a timestamp around every dispatch. Needs the timestamp-query feature. */
  async profile(inputs: Readonly<Record<string, HostTensor['data']>> = {}): Promise<KernelTiming[]> {
    for (const [name, data] of Object.entries(inputs)) this.write(name, data);
    await this.writeRows();
    return this.dispatchTimed();
  }

  /** Frees the program's own buffers; parameters stay in their store. */
  destroy(): void {
    freeOwn(this.own, this.context);
    this.streamed?.destroy();
  }

  /** Runs `submit` over all steps in order: at once, or segment by segment as the weights of their blocks arrive. */
  private async bySegment(signal: AbortSignal | undefined, submit: (first: number, end: number) => Promise<void>): Promise<void> {
    if (this.streamed === undefined) return submit(0, this.steps.length);
    const { queue } = this.context.device;
    const { segments } = this.streamed.plan;
    const blocks = segments.flatMap(({ block }) => block ?? []);
    let running: Promise<unknown> = Promise.resolve();
    let position = 0;
    for (const { first, end, block } of segments) {
      throwIfCancelled(signal);
      if (block !== undefined) {
        position++;
        // After the last block comes the first one of the next run.
        await this.streamed.arrive(block, blocks[position % blocks.length]);
      }
      await submit(first, end);
      // One segment may run while the next one's weights are on their way; more would pile up copies that wait for the queue.
      await this.context.gpu.guard(running);
      running = queue.onSubmittedWorkDone();
    }
    await this.context.gpu.guard(running);
  }

  /** Records and submits every dispatch, in pieces where a person waits for progress on a slow driver. */
  private async dispatch(options: RunOptions): Promise<void> {
    const { device, capabilities } = this.context;
    const chunk = capabilities.software ? softwareStepsPerSubmission : this.steps.length;
    const watched = options.signal !== undefined || options.onProgress !== undefined;
    await this.bySegment(options.signal, async (start, end) => {
      for (let first = start; first < end; first += chunk) {
        throwIfCancelled(options.signal);
        const next = Math.min(first + chunk, end);
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        for (const prepared of this.steps.slice(first, next)) record(pass, prepared);
        pass.end();
        device.queue.submit([encoder.finish()]);
        if (watched && next < this.steps.length) {
          await this.context.gpu.guard(device.queue.onSubmittedWorkDone());
          options.onProgress?.(next / this.steps.length);
        }
      }
    });
  }

  private async dispatchTimed(signal?: AbortSignal): Promise<KernelTiming[]> {
    const { device } = this.context;
    const timings: KernelTiming[] = [];
    const timer = openPassTimer(this.context, timedBatch);
    try {
      await this.bySegment(signal, async (start, end) => {
        for (let first = start; first < end; first += timedBatch) {
          const steps = this.steps.slice(first, Math.min(first + timedBatch, end));
          const encoder = device.createCommandEncoder();
          steps.forEach((prepared, k) => {
            const pass = encoder.beginComputePass({ timestampWrites: timer.writes(k) });
            record(pass, prepared);
            pass.end();
          });
          timer.resolve(encoder, steps.length);
          device.queue.submit([encoder.finish()]);
          (await timer.read(steps.length)).forEach((span, k) => {
            const { label, call } = steps[k].step;
            timings.push({ label, kernel: call.kernel, ...span, flops: call.flops ?? 0 });
          });
        }
      });
    } finally {
      timer.destroy();
    }
    return timings;
  }

  private bufferAt(index: number): GPUBuffer {
    const buffer = this.own.buffers[index];
    if (buffer !== undefined) return buffer;
    const spec = this.program.buffers[index];
    if (spec.kind !== 'parameter') throw new AiprodError('internal', `buffer b${index} was not allocated`);
    return this.streamed?.bufferOf(index) ?? this.parameters.get(spec);
  }

  private readbackOf(name: string): GPUBuffer {
    const buffer = this.own.readback.get(name);
    if (buffer === undefined) throw new AiprodError('internal', `the program has no output ${name}`);
    return buffer;
  }
}

function record(pass: GPUComputePassEncoder, { step, kernel, storage, uniforms }: PreparedStep): void {
  pass.setPipeline(kernel.pipeline);
  pass.setBindGroup(0, storage);
  if (uniforms !== undefined) pass.setBindGroup(1, uniforms);
  const [x, y, z] = step.call.workgroups;
  pass.dispatchWorkgroups(x, y, z);
}

function prepareSteps(
  program: Program,
  context: GpuContext,
  parameterAt: (index: number) => GPUBuffer | undefined,
  { buffers: own, uniforms: uniformBuffer }: OwnBuffers,
  kernels: readonly CompiledKernel[],
): PreparedStep[] {
  const { device } = context;
  const bufferAt = (index: number): GPUBuffer => {
    const buffer = own[index] ?? parameterAt(index);
    if (buffer === undefined) throw new AiprodError('internal', `buffer b${index} was not allocated`);
    return buffer;
  };
  let uniformIndex = 0;
  return program.steps.map((step, k) => {
    const kernel = kernels[k];
    const storage = device.createBindGroup({
      layout: kernel.storageLayout,
      entries: step.bindings.map(({ buffer, offset }, binding) => ({ binding, resource: { buffer: bufferAt(buffer), offset } })),
    });
    let uniforms: GPUBindGroup | undefined;
    if (step.call.uniforms !== undefined && kernel.uniformLayout !== undefined && uniformBuffer !== undefined) {
      const size = Math.ceil((step.call.uniforms.length * 4) / 16) * 16;
      uniforms = device.createBindGroup({
        layout: kernel.uniformLayout,
        entries: [{ binding: 0, resource: { buffer: uniformBuffer, offset: uniformIndex++ * uniformStride, size } }],
      });
    }
    return { step, kernel, storage, uniforms };
  });
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AiprodError('cancelled', 'the run was cancelled');
}

/** Compiles and runs a graph once: for tests and for programs that will not be replayed. */
export async function runGraph(
  context: GpuContext,
  graph: Graph,
  inputs: Readonly<Record<string, HostTensor['data']>>,
  readParameter: ParameterReader,
): Promise<Map<string, HostTensor>> {
  const parameters = new ParameterStore(context, readParameter);
  try {
    const instance = await ProgramInstance.create(compileGraph(graph, context), context, parameters);
    try {
      return await instance.run(inputs);
    } finally {
      instance.destroy();
    }
  } finally {
    parameters.destroy();
  }
}
