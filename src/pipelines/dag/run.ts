import { AiprodError } from '../../errors';
import type { OutputCache } from './cache';
import { NodeInputs, valueBytes, type NodeGraph, type NodeOutputs, type NodeSpec, type NodeValue, type Placement, type Ref } from './node';
import { keyOf, orderNodes, refsOf, type NodeKinds } from './order';
import { signaturesOf } from './signature';
import type { NodeStore } from './store';

/** What a run tells while it works. */
export type NodeEvent =
  | { readonly kind: 'started' | 'done' | 'left-out'; readonly node: string }
  /** Its outputs were kept from an earlier run. */
  | { readonly kind: 'kept'; readonly node: string; readonly from: 'memory' | 'store' }
  /** A kept result could not be used; the node runs again. */
  | { readonly kind: 'damaged'; readonly node: string; readonly reason: string }
  | { readonly kind: 'progress'; readonly node: string; readonly step: number; readonly steps: number };

export interface RunRequest {
  readonly graph: NodeGraph;
  readonly kinds: NodeKinds;
  /** The outputs that are asked for: only what they need is run. */
  readonly targets: readonly Ref[];
  readonly cache?: OutputCache;
  readonly store?: NodeStore;
  readonly signal?: AbortSignal;
  onEvent?(event: NodeEvent): void;
}

export interface RunReport {
  /** Nodes that ran, in the order in which they ended. */
  readonly ran: readonly string[];
  readonly kept: readonly string[];
  readonly leftOut: readonly string[];
  /** Most bytes that values held at once, caches apart. */
  readonly peakBytes: number;
}

export interface RunResult {
  /** The targets by `node.output`; undefined where the node was left out. */
  readonly outputs: ReadonlyMap<string, NodeValue | undefined>;
  readonly report: RunReport;
}

/**
 * Runs what the targets need, and no more. A node whose signature is in a cache or store is not run, nor is what only it needs. A
 * value is let go as soon as no node that may still run reads it. When a node fails, the others are cancelled.
 *
 * @throws what a node throws; AiprodError `cancelled` when the signal trips; `internal` for a graph that is not sound
 */
export async function runGraph(request: RunRequest): Promise<RunResult> {
  const ordered = orderNodes(request.graph, request.kinds);
  const run = new GraphRun(request, ordered, await signaturesOf(ordered, request.kinds));
  return run.toEnd();
}

type NodeState = 'idle' | 'running' | 'done' | 'left-out';

/** Thrown inside a run when a kept result turns out to be damaged: what needs it is planned anew. */
class DamagedEntry extends Error {}

class GraphRun {
  private readonly byName: ReadonlyMap<string, NodeSpec>;
  private readonly states = new Map<string, NodeState>();
  /** Values that someone may still read. */
  private readonly live = new Map<string, NodeValue | undefined>();
  /** Nodes that may still read an output, one for each place where they do; a target counts as read for ever. */
  private readers = new Map<string, number>();
  /** Nodes whose outputs are kept: they need no inputs. */
  private kept = new Map<string, 'memory' | 'store'>();
  private demanded = new Set<string>();
  private readonly running = new Map<Placement, Promise<void>>();
  private readonly controller = new AbortController();
  private failure: { readonly error: unknown } | undefined;
  /** Whether the plan must be made, at the start or because a kept result was damaged. */
  private stale = true;
  private liveBytes = 0;
  private peakBytes = 0;
  private readonly ran: string[] = [];
  private readonly keptNames: string[] = [];
  private readonly leftOut: string[] = [];

  constructor(
    private readonly request: RunRequest,
    private readonly ordered: readonly NodeSpec[],
    private readonly signatures: ReadonlyMap<string, string>,
  ) {
    this.byName = new Map(ordered.map((node) => [node.name, node]));
  }

  async toEnd(): Promise<RunResult> {
    const { signal, targets } = this.request;
    const abort = (): void => this.fail(new AiprodError('cancelled', 'the run was cancelled'));
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort);
    try {
      while (this.failure === undefined) {
        // A new plan waits until nothing runs, so that no value comes in while it is made.
        if (this.stale && this.running.size === 0) await this.plan();
        if (!this.stale) this.startWhatCan();
        if (this.running.size === 0) break;
        await Promise.race(this.running.values());
      }
      await Promise.all(this.running.values());
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    if (this.failure !== undefined) throw this.failure.error;
    const outputs = new Map(targets.map((ref) => [keyOf(ref), this.live.get(keyOf(ref))]));
    const missing = targets.find((ref) => !this.live.has(keyOf(ref)));
    if (missing !== undefined) throw new AiprodError('internal', `the run ended without ${keyOf(missing)}`);
    return { outputs, report: { ran: this.ran, kept: this.keptNames, leftOut: this.leftOut, peakBytes: this.peakBytes } };
  }

  /** Finds what may have to run, from the targets back to what is at hand, and who reads what. */
  private async plan(): Promise<void> {
    this.stale = false;
    this.readers = new Map();
    this.kept = new Map();
    this.demanded = new Set();
    const seen = new Set<string>();
    const visit = async (ref: Ref): Promise<void> => {
      const key = keyOf(ref);
      this.readers.set(key, (this.readers.get(key) ?? 0) + 1);
      if (this.live.has(key) || seen.has(ref.node)) return;
      seen.add(ref.node);
      const node = this.nodeOf(ref.node);
      this.states.set(ref.node, 'idle');
      const where = await this.whereKept(node);
      if (where !== undefined) {
        this.kept.set(ref.node, where);
        return;
      }
      for (const input of refsOf(node)) await visit(input);
    };
    for (const ref of this.request.targets) await visit(ref);
    for (const key of [...this.live.keys()]) if (!this.readers.has(key)) this.letGo(key);
    for (const ref of this.request.targets) this.demand(ref);
  }

  private async whereKept(node: NodeSpec): Promise<'memory' | 'store' | undefined> {
    const { cache, store, kinds } = this.request;
    const signature = this.signatureOf(node.name);
    const keep = kinds.get(node.kind)?.keep ?? 'never';
    if (keep === 'never') return undefined;
    if (cache?.has(signature) === true) return 'memory';
    return keep === 'store' && (await store?.has(signature)) === true ? 'store' : undefined;
  }

  /** A node that is demanded asks for its condition first, and for the rest once that holds. */
  private demand(ref: Ref): void {
    const { node: name } = ref;
    if (this.live.has(keyOf(ref)) || this.demanded.has(name)) return;
    this.demanded.add(name);
    if (this.kept.has(name)) return;
    const { condition, inputs } = this.nodeOf(name);
    if (condition !== undefined) this.demand(condition);
    else for (const input of Object.values(inputs).flat()) this.demand(input);
  }

  /** Starts, at each place that is free, the first node that has what it needs. */
  private startWhatCan(): void {
    let settled = false;
    while (!settled) {
      settled = true;
      for (const node of this.ordered) {
        if (!this.demanded.has(node.name) || this.stateOf(node.name) !== 'idle') continue;
        const decided = this.decideCondition(node);
        if (decided === 'left-out' || decided === 'inputs-demanded') settled = false;
        if (decided === 'ready' && !this.running.has(node.placement)) this.start(node);
      }
    }
  }

  private decideCondition(node: NodeSpec): 'ready' | 'waiting' | 'left-out' | 'inputs-demanded' {
    if (this.kept.has(node.name)) return 'ready';
    const { condition } = node;
    const inputs = Object.values(node.inputs).flat();
    if (condition !== undefined) {
      if (!this.live.has(keyOf(condition))) return 'waiting';
      if (this.live.get(keyOf(condition)) !== true) {
        this.leaveOut(node);
        return 'left-out';
      }
      const unasked = inputs.filter((ref) => !this.live.has(keyOf(ref)) && !this.demanded.has(ref.node));
      unasked.forEach((ref) => this.demand(ref));
      if (unasked.length > 0) return 'inputs-demanded';
    }
    return inputs.every((ref) => this.live.has(keyOf(ref))) ? 'ready' : 'waiting';
  }

  private start(node: NodeSpec): void {
    this.states.set(node.name, 'running');
    const work = this.runNode(node)
      .catch((error: unknown) => this.fail(error))
      .finally(() => this.running.delete(node.placement));
    this.running.set(node.placement, work);
  }

  private leaveOut(node: NodeSpec): void {
    this.states.set(node.name, 'left-out');
    this.leftOut.push(node.name);
    this.emit({ kind: 'left-out', node: node.name });
    for (const output of this.outputsOf(node)) this.takeIn(keyOf({ node: node.name, output }), undefined);
    this.settle(node);
  }

  private async runNode(node: NodeSpec): Promise<void> {
    try {
      const kept = await this.loadKept(node);
      const outputs = kept ?? (await this.make(node));
      for (const output of this.outputsOf(node)) this.takeIn(keyOf({ node: node.name, output }), outputs[output]);
      this.states.set(node.name, 'done');
      this.settle(node);
    } catch (error) {
      this.states.set(node.name, 'idle');
      if (!(error instanceof DamagedEntry)) throw error;
      this.stale = true;
    }
  }

  private async loadKept(node: NodeSpec): Promise<NodeOutputs | undefined> {
    const from = this.kept.get(node.name);
    if (from === undefined) return undefined;
    const { cache, store } = this.request;
    const signature = this.signatureOf(node.name);
    let outputs: NodeOutputs | undefined;
    try {
      outputs = from === 'memory' ? cache?.get(signature) : await store?.load(signature);
    } catch (error) {
      if (!(error instanceof AiprodError)) throw error;
      this.emit({ kind: 'damaged', node: node.name, reason: error.message });
      await store?.remove(signature);
      throw new DamagedEntry();
    }
    // Dropped from the cache since it was planned with.
    if (outputs === undefined) throw new DamagedEntry();
    this.keptNames.push(node.name);
    this.emit({ kind: 'kept', node: node.name, from });
    if (from === 'store') cache?.set(signature, outputs);
    return outputs;
  }

  private async make(node: NodeSpec): Promise<NodeOutputs> {
    const { cache, store, kinds } = this.request;
    const kind = kinds.get(node.kind);
    if (kind === undefined) throw new AiprodError('internal', `there is no kind ${node.kind}`);
    const signature = this.signatureOf(node.name);
    this.emit({ kind: 'started', node: node.name });
    const values = Object.entries(node.inputs).map(
      ([name, refs]) => [name, [refs].flat().map((ref: Ref) => this.live.get(keyOf(ref)))] as const,
    );
    const outputs = await kind.run(new NodeInputs(new Map(values)), {
      name: node.name,
      settings: node.settings,
      signal: this.controller.signal,
      checkpoint: {
        load: async () => store?.loadCheckpoint(signature),
        save: async (bytes) => store?.saveCheckpoint(signature, bytes),
      },
      progress: (step, steps) => this.emit({ kind: 'progress', node: node.name, step, steps }),
    });
    this.ran.push(node.name);
    if (kind.keep !== 'never') cache?.set(signature, outputs);
    if (kind.keep === 'store') await store?.save(signature, outputs);
    await store?.removeCheckpoint(signature);
    this.emit({ kind: 'done', node: node.name });
    return outputs;
  }

  /** A node reads no more: lets go of values, and of nodes, that nobody else may read. */
  private settle(node: NodeSpec): void {
    if (this.kept.has(node.name)) return;
    for (const ref of refsOf(node)) {
      const key = keyOf(ref);
      const left = (this.readers.get(key) ?? 0) - 1;
      this.readers.set(key, left);
      if (left > 0) continue;
      this.letGo(key);
      const source = this.nodeOf(ref.node);
      const unread = this.outputsOf(source).every((output) => (this.readers.get(keyOf({ node: source.name, output })) ?? 0) <= 0);
      if (unread && this.stateOf(source.name) === 'idle' && !this.demanded.has(source.name)) {
        this.states.set(source.name, 'left-out');
        this.settle(source);
      }
    }
  }

  private takeIn(key: string, value: NodeValue | undefined): void {
    if ((this.readers.get(key) ?? 0) <= 0 || this.live.has(key)) return;
    this.live.set(key, value);
    this.liveBytes += valueBytes(value);
    this.peakBytes = Math.max(this.peakBytes, this.liveBytes);
  }

  private letGo(key: string): void {
    this.liveBytes -= valueBytes(this.live.get(key));
    this.live.delete(key);
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.controller.abort();
  }

  private emit(event: NodeEvent): void {
    this.request.onEvent?.(event);
  }

  private outputsOf(node: NodeSpec): readonly string[] {
    return this.request.kinds.get(node.kind)?.outputs ?? [];
  }

  private nodeOf(name: string): NodeSpec {
    const node = this.byName.get(name);
    if (node === undefined) throw new AiprodError('internal', `the graph has no node ${name}`);
    return node;
  }

  private stateOf(name: string): NodeState {
    return this.states.get(name) ?? 'idle';
  }

  private signatureOf(name: string): string {
    return this.signatures.get(name) ?? '';
  }
}
