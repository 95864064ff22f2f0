import { AiprodError } from '../errors';
import type { Program, ProgramMemory } from './program';
import { describeType } from './types';

/** Steps that run without a change of weights between them. */
export interface StreamedSegment {
  /** Steps first to end - 1 of the program. */
  readonly first: number;
  readonly end: number;
  /** The block whose weights they read; undefined where they read none that are streamed. */
  readonly block: number | undefined;
}

/**
 * How a program runs whose weights do not all fit: those of equal blocks (`transformer_blocks.0`, `.1`, ...) pass through a few
 * slots, everything else stays. The program itself is the same, so the results are too, bit for bit. Plain data.
 */
export interface StreamingPlan {
  readonly segments: readonly StreamedSegment[];
  /** Of each block, its parameters as buffers of the program, in the same order for all blocks. */
  readonly blocks: readonly (readonly number[])[];
  /** Bytes of each of a block's parameters, in that order. */
  readonly slotBytes: readonly number[];
  /** Blocks held at a time; block b lies in slot b % slots. */
  readonly slots: number;
  /** As of the program, with the slots in place of all blocks. */
  readonly memory: ProgramMemory;
}

/**
 * Plans to stream the parameters `prefix.0.*`, `prefix.1.*`, ... of a program.
 * @throws AiprodError 'unsupported-model' when there are none, when blocks differ, or when a kernel reads two blocks.
 */
export function planStreaming(program: Program, prefix: string, slots: number): StreamingPlan {
  const blocks = blocksOf(program, prefix);
  const slotBytes = blocks[0].map((index) => program.buffers[index].bytes);
  const blockBytes = slotBytes.reduce((sum, bytes) => sum + bytes, 0);
  const held = Math.min(slots, blocks.length);
  const saved = (blocks.length - held) * blockBytes;
  const { memory } = program;
  return {
    segments: segmentsOf(program, blocks),
    blocks,
    slotBytes,
    slots: held,
    memory: { ...memory, parameterBytes: memory.parameterBytes - saved, totalBytes: memory.totalBytes - saved },
  };
}

/**
 * The plan that keeps a program within a budget: undefined when it fits whole, else with two slots, so that a block's weights
 * arrive while the one before runs.
 * @param budget bytes.
 * @throws AiprodError 'out-of-memory' when even that does not fit, with what would; 'unsupported-model' when it cannot be streamed.
 */
export function streamWithin(program: Program, prefix: string, budget: number): StreamingPlan | undefined {
  if (program.memory.totalBytes <= budget) return undefined;
  const plan = planStreaming(program, prefix, 2);
  if (plan.memory.totalBytes <= budget) return plan;
  throw new AiprodError('out-of-memory', 'the program does not fit the memory budget, not even with its blocks streamed', {
    where: prefix,
    expected: `at most ${budget} bytes`,
    found: `${plan.memory.totalBytes} bytes with ${plan.slots} of ${plan.blocks.length} blocks held, ${program.memory.totalBytes} with all`,
    hint: 'Choose a smaller width, height or number of frames, smaller weights (--weights int8), or raise --memory-budget',
  });
}

function blocksOf(program: Program, prefix: string): number[][] {
  const byBlock = new Map<number, Map<string, number>>();
  program.buffers.forEach((buffer, index) => {
    if (buffer.kind !== 'parameter' || !buffer.spec.name.startsWith(`${prefix}.`)) return;
    const [number, ...rest] = buffer.spec.name.slice(prefix.length + 1).split('.');
    if (!/^\d+$/.test(number)) return;
    const block = byBlock.get(Number(number)) ?? new Map<string, number>();
    byBlock.set(Number(number), block.set([rest.join('.'), buffer.spec.permute?.join(), describeType(buffer.type)].join('|'), index));
  });
  const first = byBlock.get(0);
  if (first === undefined) throw unstreamable(prefix, 'parameters of numbered blocks', 'none');
  return Array.from({ length: byBlock.size }, (_, number) => {
    const block = byBlock.get(number);
    if (block?.size !== first.size)
      throw unstreamable(prefix, `${first.size} parameters in every block`, `${block?.size ?? 0} in block ${number}`);
    return [...first.keys()].map((role) => {
      const index = block.get(role);
      if (index === undefined) throw unstreamable(prefix, 'the same parameters in every block', `no ${role} in block ${number}`);
      return index;
    });
  });
}

function segmentsOf(program: Program, blocks: readonly (readonly number[])[]): StreamedSegment[] {
  const blockOf = new Map(blocks.flatMap((indices, block) => indices.map((index) => [index, block] as const)));
  const segments: { first: number; end: number; block: number | undefined }[] = [];
  program.steps.forEach((step, index) => {
    const read = new Set(step.bindings.flatMap(({ buffer }) => blockOf.get(buffer) ?? []));
    if (read.size > 1) throw unstreamable(step.label, 'kernels that read the weights of one block', `one that reads ${read.size}`);
    const [block] = read;
    const last = segments.at(-1);
    // A step without streamed weights runs with whatever is there; the first block met names the segment.
    if (last !== undefined && (block === undefined || last.block === undefined || last.block === block)) {
      last.end = index + 1;
      last.block ??= block;
    } else {
      segments.push({ first: index, end: index + 1, block });
    }
  });
  return segments;
}

function unstreamable(where: string, expected: string, found: string): AiprodError {
  return new AiprodError('unsupported-model', 'the weights of this program cannot be streamed by block', {
    where,
    expected,
    found,
    hint: 'Raise --memory-budget, or choose smaller weights (--weights int8)',
  });
}
