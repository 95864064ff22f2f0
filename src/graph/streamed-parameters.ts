import { bufferUsage, type GpuContext } from '../gpu';
import type { ParameterStore } from './parameter-store';
import type { Program } from './program';
import type { StreamingPlan } from './streaming';

/** Parameters of a block that are asked for at a time. */
const requestsAtOnce = 4;

/** The slots of a streamed program on one device, and the blocks on their way to them. */
export class StreamedParameters {
  /** The block that lies in each slot. */
  private readonly held: (number | undefined)[];
  private readonly slotOfBuffer = new Map<number, GPUBuffer>();
  private fetching: { readonly block: number; readonly bytes: Promise<readonly ArrayBufferView<ArrayBuffer>[]> } | undefined;

  private constructor(
    readonly plan: StreamingPlan,
    private readonly program: Program,
    private readonly context: GpuContext,
    private readonly store: ParameterStore,
    private readonly slots: readonly (readonly GPUBuffer[])[],
  ) {
    this.held = slots.map(() => undefined);
    plan.blocks.forEach((indices, block) => {
      indices.forEach((index, role) => this.slotOfBuffer.set(index, slots[block % slots.length][role]));
    });
  }

  /** Allocates the slots; nothing is read yet. */
  static async create(plan: StreamingPlan, program: Program, context: GpuContext, store: ParameterStore): Promise<StreamedParameters> {
    const { allocator } = context;
    const usage = bufferUsage.storage | bufferUsage.copyDestination;
    const slots = await allocator.checkAllocations('the slots of streamed weights', () =>
      Array.from({ length: plan.slots }, (_, slot) =>
        plan.slotBytes.map((bytes, role) => allocator.create(`slot ${slot}.${role}`, bytes, usage)),
      ),
    );
    return new StreamedParameters(plan, program, context, store, slots);
  }

  /** The slot buffer of a parameter that is streamed; undefined for all others. */
  bufferOf(index: number): GPUBuffer | undefined {
    return this.slotOfBuffer.get(index);
  }

  /**
   * Puts a block into its slot, if it is not there, and begins to fetch the next one. The queue writes after everything
   * submitted so far, so the slot's former block may still be in use.
   */
  async arrive(block: number, next: number | undefined): Promise<void> {
    const slot = block % this.slots.length;
    if (this.held[slot] !== block) {
      const bytes = await this.fetch(block);
      this.fetching = undefined;
      this.held[slot] = undefined;
      bytes.forEach((view, role) => this.context.device.queue.writeBuffer(this.slots[slot][role], 0, view));
      this.held[slot] = block;
    }
    if (next !== undefined && this.held[next % this.slots.length] !== next) {
      // Who waits for it hears of a failure; nobody may.
      this.fetch(next).catch(() => undefined);
    }
  }

  destroy(): void {
    for (const slot of this.slots) for (const buffer of slot) this.context.allocator.destroy(buffer);
  }

  private fetch(block: number): Promise<readonly ArrayBufferView<ArrayBuffer>[]> {
    if (this.fetching?.block !== block) this.fetching = { block, bytes: this.read(block) };
    return this.fetching.bytes;
  }

  private async read(block: number): Promise<ArrayBufferView<ArrayBuffer>[]> {
    const indices = this.plan.blocks[block];
    const bytes = new Array<ArrayBufferView<ArrayBuffer>>(indices.length);
    let next = 0;
    // A file far away answers late: several requests are on their way at a time.
    const readOn = async (): Promise<void> => {
      while (next < indices.length) {
        const role = next++;
        try {
          bytes[role] = await this.store.read(this.program.buffers[indices[role]]);
        } catch (error) {
          next = indices.length;
          throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: requestsAtOnce }, readOn));
    return bytes;
  }
}
