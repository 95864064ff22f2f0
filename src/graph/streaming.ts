import { AiprodError } from '../errors';
import type { Program, ProgramMemory } from './program';
import { describeType } from './types';

/** Steps that run without a change of weights between them. */
export interface StreamedSegment {
  /** Steps first to end - 1 of the program. */
  readonly first: number;
  readonly end: number;
  /** Which of the streamed blocks they read the weights of; undefined where they read none that are streamed. */
  readonly block: number | undefined;
}

/**
 * How a program runs whose weights do not all fit: those of some of its equal blocks (`transformer_blocks.0`, `.1`, ...) pass through a
 * few slots, everything else stays. The program itself is the same, so the results are too, bit for bit. Plain data.
 */
export interface StreamingPlan {
  readonly segments: readonly StreamedSegment[];
  /** Of each streamed block, its parameters as buffers of the program, in the same order for all blocks. */
  readonly blocks: readonly (readonly number[])[];
  /** Bytes of each of a block's parameters, in that order. */
  readonly slotBytes: readonly number[];
  /** Streamed blocks in memory at a time; the k-th lies in slot k % slots. */
  readonly slots: number;
  /** Blocks of the program that always stay. */
  readonly held: number;
  /** As of the program, with the slots in place of the streamed blocks. */
  readonly memory: ProgramMemory;
}

/** Two, so that a block's weights arrive while the one before runs. */
const defaultSlots = 2;

/**
 * Plans to stream the parameters `prefix.0.*`, `prefix.1.*`, ... of a program.
 * @param options `slots`: streamed blocks in memory at a time, 2 unless told; `held`: blocks that stay, none unless told. Those lie evenly
 *   among the streamed ones, so that the next streamed one has the time of several blocks to arrive.
 * @throws AiprodError 'unsupported-model' when there are none, when blocks have nothing in common, or when a kernel reads two blocks.
 */
export function planStreaming(
  program: Program,
  prefix: string,
  { slots = defaultSlots, held = 0 }: { readonly slots?: number; readonly held?: number } = {},
): StreamingPlan {
  const all = blocksOf(program, prefix);
  const staying = Math.max(0, Math.min(held, all.length - 1));
  const streamed = all.length - staying;
  const blocks = all.filter((_, block) => Math.floor(((block + 1) * streamed) / all.length) > Math.floor((block * streamed) / all.length));
  const slotBytes = blocks[0].map((index) => program.buffers[index].bytes);
  const used = Math.min(slots, streamed);
  const saved = (streamed - used) * sum(slotBytes);
  const { memory } = program;
  return {
    segments: segmentsOf(program, blocks),
    blocks,
    slotBytes,
    slots: used,
    held: staying,
    memory: { ...memory, parameterBytes: memory.parameterBytes - saved, totalBytes: memory.totalBytes - saved },
  };
}

/**
 * The plan that keeps a program within a budget, or comes nearest to it: undefined when it fits whole, else two slots and as many blocks
 * held as the budget has room for.
 * @param budget bytes.
 * @throws AiprodError 'unsupported-model' when it cannot be streamed.
 */
export function streamNear(program: Program, prefix: string, budget: number): StreamingPlan | undefined {
  if (program.memory.totalBytes <= budget) return undefined;
  const least = planStreaming(program, prefix);
  const room = Math.floor((budget - least.memory.totalBytes) / Math.max(1, sum(least.slotBytes)));
  return room <= 0 ? least : planStreaming(program, prefix, { held: room });
}

/**
 * As {@link streamNear}, for programs that run one after the other over one store of weights: the same blocks stay in all of them, so
 * that the store never holds more than the plan of the largest.
 */
export function streamAllNear(
  programs: readonly Program[],
  prefix: string,
  budget: number,
): ReadonlyMap<Program, StreamingPlan | undefined> {
  const most = programs.reduce((largest, other) => (other.memory.totalBytes > largest.memory.totalBytes ? other : largest));
  const plan = streamNear(most, prefix, budget);
  if (plan === undefined) return new Map();
  return new Map(programs.map((program) => [program, program === most ? plan : planStreaming(program, prefix, { held: plan.held })]));
}

/**
 * As {@link streamNear}.
 * @throws AiprodError 'out-of-memory' when not even two slots fit, with what would.
 */
export function streamWithin(program: Program, prefix: string, budget: number): StreamingPlan | undefined {
  const plan = streamNear(program, prefix, budget);
  if (plan === undefined || plan.memory.totalBytes <= budget) return plan;
  throw new AiprodError('out-of-memory', 'the program does not fit the memory budget, not even with its blocks streamed', {
    where: prefix,
    expected: `at most ${budget} bytes`,
    found: `${plan.memory.totalBytes} bytes with ${plan.slots} of ${plan.blocks.length} blocks held, ${program.memory.totalBytes} with all`,
    hint: 'Choose a smaller width, height or number of frames, smaller weights (--weights int8), or raise --memory-budget',
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
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
  const numbered = Array.from({ length: byBlock.size }, (_, number) => byBlock.get(number));
  const [first] = numbered;
  if (first === undefined) throw unstreamable(prefix, 'parameters of numbered blocks', 'none');
  // What only some blocks have stays: T5 keeps the position bias of all of them in the first.
  const roles = [...first.keys()].filter((role) => numbered.every((block) => block?.has(role) === true));
  if (roles.length === 0) throw unstreamable(prefix, 'parameters that every block has', 'none');
  return numbered.map((block) => roles.flatMap((role) => block?.get(role) ?? []));
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
