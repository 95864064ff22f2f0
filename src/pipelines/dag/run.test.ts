import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import {
  decodeOutputs,
  descendantsOf,
  encodeOutputs,
  isTensor,
  memoryStore,
  nodeKind,
  orderNodes,
  OutputCache,
  runGraph,
  signaturesOf,
  type NodeEvent,
  type NodeKind,
  type NodeOutputs,
  type NodeSpec,
  type NodeStore,
  type NodeValue,
  type Ref,
  type RunRequest,
} from '.';

/** Adds up what it reads; `sum` is a tensor of `size` numbers, `odd` tells whether the sum is odd. */
const adder = (log: string[] = [], keep: NodeKind['keep'] = 'store'): NodeKind =>
  nodeKind({
    name: 'add',
    version: 1,
    outputs: ['sum', 'odd'],
    keep,
    settings: z.object({ own: z.number(), size: z.number() }),
    async run(inputs, { name, settings }) {
      log.push(name);
      await Promise.resolve();
      const total = inputs.tensors('terms').reduce((sum, { data }) => sum + data[0], settings.own) % 1000;
      return { sum: { shape: [settings.size], data: new Float32Array(settings.size).fill(total) }, odd: total % 2 === 1 };
    },
  });

const kindsOf = (...kinds: NodeKind[]): ReadonlyMap<string, NodeKind> => new Map(kinds.map((kind) => [kind.name, kind]));
const sum = (node: string): Ref => ({ node, output: 'sum' });

function add(name: string, terms: readonly string[], own = 1, more: Partial<NodeSpec> = {}): NodeSpec {
  return { name, kind: 'add', inputs: { terms: terms.map(sum) }, settings: { own, size: 1 }, placement: 'cpu', ...more };
}

/** Any graph: node k reads nodes before it; some have conditions; listed in any order. */
const anyGraph = fc
  .integer({ min: 1, max: 14 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, k) =>
        fc.record({
          reads: fc.subarray(Array.from({ length: k }, (__, i) => i)),
          condition: k === 0 ? fc.constant(undefined) : fc.option(fc.nat(k - 1), { nil: undefined, freq: 3 }),
          own: fc.nat(9),
          size: fc.integer({ min: 1, max: 50 }),
          gpu: fc.boolean(),
        }),
      ),
    ),
  )
  .chain((nodes) => {
    const specs = nodes.map(({ reads, condition, own, size, gpu }, k): NodeSpec => ({
      name: `n${k}`,
      kind: 'add',
      inputs: { terms: reads.map((i) => sum(`n${i}`)) },
      settings: { own, size },
      placement: gpu ? 'gpu' : 'cpu',
      ...(condition === undefined ? {} : { condition: { node: `n${condition}`, output: 'odd' } }),
    }));
    return fc.record({
      graph: fc.shuffledSubarray(specs, { minLength: specs.length }),
      targets: fc.subarray(
        specs.map(({ name }) => name),
        { minLength: 1 },
      ),
      changed: fc.nat(specs.length - 1).map((k) => `n${k}`),
    });
  });

interface Expected {
  /** Sum of each node that matters; undefined where it is left out. */
  readonly sums: ReadonlyMap<string, number | undefined>;
  readonly ran: ReadonlySet<string>;
}

/** What a graph means, by plain recursion. */
function expected(graph: readonly NodeSpec[], targets: readonly string[]): Expected {
  const sums = new Map<string, number | undefined>();
  const ran = new Set<string>();
  const evaluate = (name: string): number | undefined => {
    if (sums.has(name)) return sums.get(name);
    const node = graph.find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(name);
    if (node.condition !== undefined && (evaluate(node.condition.node) ?? 0) % 2 !== 1) {
      sums.set(name, undefined);
      return undefined;
    }
    const { own } = z.object({ own: z.number() }).parse(node.settings);
    const terms = [node.inputs.terms].flat().map((ref) => evaluate(ref.node) ?? 0);
    const value = terms.reduce((total, term) => total + term, own) % 1000;
    ran.add(name);
    sums.set(name, value);
    return value;
  };
  targets.forEach(evaluate);
  return { sums, ran };
}

/** The first number of a tensor. */
const firstOf = (value: NodeValue | undefined): number | undefined => (isTensor(value) ? value.data[0] : undefined);

const changeOf = (graph: readonly NodeSpec[], name: string): NodeSpec[] =>
  graph.map((node) => (node.name === name ? { ...node, settings: { own: 77, size: 3 } } : node));

describe('a graph of nodes', () => {
  test('runs exactly what the targets need, once, with the right values, in any order and with any conditions', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, async ({ graph, targets }) => {
        const log: string[] = [];
        const { outputs, report } = await runGraph({ graph, kinds: kindsOf(adder(log)), targets: targets.map(sum) });
        const { sums, ran } = expected(graph, targets);
        expect([...log].sort()).toEqual([...ran].sort());
        expect([...report.ran].sort()).toEqual([...ran].sort());
        for (const name of targets) {
          const value = sums.get(name);
          expect(firstOf(outputs.get(`${name}.sum`))).toBe(value);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('after a change runs only what depends on it', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, fc.constantFrom('memory', 'store'), async ({ graph, targets, changed }, where) => {
        const keeping: Pick<RunRequest, 'cache' | 'store'> =
          where === 'memory' ? { cache: new OutputCache(1e9) } : { store: memoryStore() };
        const log: string[] = [];
        const kinds = kindsOf(adder(log));
        const all = graph.map(({ name }) => sum(name));
        await runGraph({ graph, kinds, targets: all, ...keeping });
        log.length = 0;
        const again = await runGraph({ graph, kinds, targets: targets.map(sum), ...keeping });
        expect(log).toEqual([]);
        expect(again.report.ran).toEqual([]);
        const other = changeOf(graph, changed);
        const result = await runGraph({ graph: other, kinds, targets: targets.map(sum), ...keeping });
        const dependents = descendantsOf(orderNodes(graph, kinds), changed);
        expect(log.every((name) => dependents.has(name))).toBe(true);
        const { sums } = expected(other, targets);
        for (const name of targets) {
          const value = result.outputs.get(`${name}.sum`);
          expect(value === undefined ? undefined : z.object({ data: z.instanceof(Float32Array) }).parse(value).data[0]).toBe(
            sums.get(name),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  test('holds no value longer than its readers need it', async () => {
    await fc.assert(
      fc.asyncProperty(anyGraph, async ({ graph: mixed, targets }) => {
        // One place and no conditions: the order in which nodes ended says everything.
        const graph = mixed.map(({ condition: _, ...node }): NodeSpec => ({ ...node, placement: 'gpu' }));
        const { report } = await runGraph({ graph, kinds: kindsOf(adder()), targets: targets.map(sum) });
        const sizes = new Map(graph.map(({ name, settings }) => [name, z.object({ size: z.number() }).parse(settings).size * 4]));
        let peak = 0;
        report.ran.forEach((_, done) => {
          const finished = report.ran.slice(0, done);
          const current = report.ran[done];
          const held = [...finished, current].filter(
            (name) =>
              targets.includes(name) ||
              report.ran
                .slice(done)
                .some((reader) =>
                  graph.find((node) => node.name === reader && [node.inputs.terms].flat().some((ref) => ref.node === name)),
                ),
          );
          peak = Math.max(
            peak,
            held.reduce((bytes, name) => bytes + (sizes.get(name) ?? 0), 0),
          );
        });
        expect(report.peakBytes).toBe(peak);
      }),
      { numRuns: 200 },
    );
  });

  test('a chain of any length holds two values', async () => {
    const graph = Array.from({ length: 300 }, (_, k) => add(`n${k}`, k === 0 ? [] : [`n${k - 1}`]));
    const { report } = await runGraph({ graph, kinds: kindsOf(adder()), targets: [sum('n299')] });
    expect(report.peakBytes).toBe(8);
  });

  test('works at both places at once, and at each on one node at a time', async () => {
    let busy = { gpu: 0, cpu: 0 };
    let together = 0;
    const kind = nodeKind({
      name: 'add',
      version: 1,
      outputs: ['sum', 'odd'],
      keep: 'never',
      settings: z.object({ place: z.enum(['gpu', 'cpu']) }),
      async run(_, { settings: { place } }) {
        busy = { ...busy, [place]: busy[place] + 1 };
        expect(busy[place]).toBe(1);
        if (busy.gpu + busy.cpu === 2) together++;
        await new Promise((resolve) => setTimeout(resolve, 2));
        busy = { ...busy, [place]: busy[place] - 1 };
        return { sum: { shape: [1], data: Float32Array.of(0) }, odd: true };
      },
    });
    const graph = Array.from({ length: 8 }, (_, k): NodeSpec => {
      const placement = k % 2 === 0 ? 'gpu' : 'cpu';
      return { name: `n${k}`, kind: 'add', inputs: {}, settings: { place: placement }, placement };
    });
    await runGraph({ graph, kinds: kindsOf(kind), targets: graph.map(({ name }) => sum(name)) });
    expect(together).toBeGreaterThan(0);
  });

  test('does not touch what only a condition that fails would have asked for', async () => {
    const log: string[] = [];
    const graph = [
      add('even', [], 2),
      add('costly', [], 5),
      add('guarded', ['costly'], 1, { condition: { node: 'even', output: 'odd' } }),
      add('end', ['guarded'], 10),
    ];
    const { outputs, report } = await runGraph({ graph, kinds: kindsOf(adder(log)), targets: [sum('end')] });
    expect(log).toEqual(['even', 'end']);
    expect(report.leftOut).toEqual(['guarded']);
    expect(outputs.get('end.sum')).toEqual({ shape: [1], data: Float32Array.of(10) });
  });
});

describe('signatures', () => {
  test('follow settings, inputs, version and kind, not names, order of keys or place', async () => {
    const sign = async (graph: readonly NodeSpec[], kind = adder()): Promise<string | undefined> =>
      (await signaturesOf(orderNodes(graph, kindsOf(kind)), kindsOf(kind))).get(graph[graph.length - 1].name);
    const base = await sign([add('a', []), add('b', ['a'])]);
    expect(await sign([add('x', []), add('y', ['x'], 1, { placement: 'gpu', settings: { size: 1, own: 1 } })])).toBe(base);
    expect(await sign([add('a', [], 2), add('b', ['a'])])).not.toBe(base);
    expect(await sign([add('a', []), add('b', ['a', 'a'])])).not.toBe(base);
    expect(await sign([add('a', []), add('b', ['a'])], { ...adder(), version: 2 })).not.toBe(base);
    expect(await sign([add('a', []), add('b', ['a'], 1, { condition: { node: 'a', output: 'odd' } })])).not.toBe(base);
  });
});

describe('what is kept', () => {
  test('never exceeds the capacity of the cache; the least recently used goes first', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 60 })), { maxLength: 60 }), (entries) => {
        const cache = new OutputCache(400);
        for (const [key, size] of entries) {
          cache.set(String(key), { sum: { shape: [size], data: new Float32Array(size) } });
          expect(cache.bytes).toBeLessThanOrEqual(400);
          expect(cache.has(String(key))).toBe(true);
        }
      }),
    );
    const cache = new OutputCache(12);
    const one = (): NodeOutputs => ({ sum: { shape: [1], data: new Float32Array(1) } });
    for (const key of ['a', 'b', 'c']) cache.set(key, one());
    cache.get('a');
    cache.set('d', one());
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.has(key))).toEqual(['a', 'c', 'd']);
    cache.set('large', { sum: { shape: [9], data: new Float32Array(9) } });
    expect(cache.has('large')).toBe(false);
    expect(cache.has('d')).toBe(true);
  });

  test('is a file that comes back as it was, and says when it was damaged', async () => {
    const outputs: NodeOutputs = {
      sum: { shape: [2, 2], data: Float32Array.of(1, -0, NaN, Infinity) },
      empty: { shape: [0], data: new Float32Array(0) },
      report: { words: ['one', null, true], count: 3 },
    };
    const file = await encodeOutputs(outputs);
    expect(await decodeOutputs(file, 'memory')).toEqual(outputs);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const broken = file.slice();
        broken[at] ^= change;
        const read = await decodeOutputs(broken, 'memory').catch((error: unknown) => error);
        // Spaces that pad the header may change without a difference.
        if (!(read instanceof AiprodError)) expect(read).toEqual(outputs);
      }),
      { numRuns: 300 },
    );
    await expect(decodeOutputs(file.slice(0, 40), 'memory')).rejects.toThrow(AiprodError);
  });

  test('a damaged entry is a miss, and is said', async () => {
    const log: string[] = [];
    const kinds = kindsOf(adder(log));
    const graph = [add('a', []), add('b', ['a']), add('c', ['a', 'b'])];
    const store = memoryStore();
    await runGraph({ graph, kinds, targets: [sum('c')], store });
    const signatures = await signaturesOf(orderNodes(graph, kinds), kinds);
    await store.remove(signatures.get('c') ?? '');
    const damaged: NodeStore = {
      ...store,
      load: (signature) =>
        signature === signatures.get('b')
          ? Promise.reject(new AiprodError('bad-input', 'the kept result cannot be used'))
          : store.load(signature),
    };
    log.length = 0;
    const events: NodeEvent[] = [];
    const { outputs, report } = await runGraph({
      graph,
      kinds,
      targets: [sum('c')],
      store: damaged,
      onEvent: (event) => events.push(event),
    });
    expect(log).toEqual(['b', 'c']);
    expect(report.kept).toContain('a');
    expect(events).toContainEqual(expect.objectContaining({ kind: 'damaged', node: 'b' }));
    expect(outputs.get('c.sum')).toEqual({ shape: [1], data: Float32Array.of(4) });
  });
});

describe('a run that ends early', () => {
  const slow = (seen: AbortSignal[], onStep?: (step: number) => void): NodeKind =>
    nodeKind({
      name: 'slow',
      version: 1,
      outputs: ['sum'],
      keep: 'store',
      settings: z.object({}),
      async run(_, { signal, checkpoint }) {
        seen.push(signal);
        const from = (await checkpoint.load())?.[0] ?? 0;
        for (let step = from; step < 5; step++) {
          await checkpoint.save(Uint8Array.of(step + 1));
          onStep?.(step + 1);
          if (signal.aborted) throw new AiprodError('cancelled', 'the run was cancelled');
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        return { sum: { shape: [1], data: Float32Array.of(from) } };
      },
    });
  const graph: NodeSpec[] = [{ name: 's', kind: 'slow', inputs: {}, settings: {}, placement: 'gpu' }, add('a', []), add('end', ['s', 'a'])];

  test('goes on from finished nodes and from inside the one that was running', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const stopping = slow([], (step) => {
      if (step === 3) controller.abort();
    });
    const kinds = kindsOf(adder(log), stopping);
    const store = memoryStore();
    await expect(runGraph({ graph, kinds, targets: [sum('end')], store, signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(log).toEqual(['a']);
    const { outputs, report } = await runGraph({ graph, kinds, targets: [sum('end')], store });
    expect(report.kept).toEqual(['a']);
    const { data } = z.object({ data: z.instanceof(Float32Array) }).parse(outputs.get('end.sum'));
    expect(data[0]).toBe(3 + 1 + 1);
  });

  test('tells the error of the node that failed and cancels the others', async () => {
    const seen: AbortSignal[] = [];
    const failing = nodeKind({
      name: 'add',
      version: 1,
      outputs: ['sum'],
      keep: 'never',
      settings: z.unknown(),
      run: () => Promise.reject(new AiprodError('not-finite', 'no number')),
    });
    await expect(runGraph({ graph, kinds: kindsOf(failing, slow(seen)), targets: [sum('end')] })).rejects.toThrow('no number');
    expect(seen.every((signal) => signal.aborted)).toBe(true);
  });

  test('before it began runs nothing', async () => {
    const log: string[] = [];
    const run = runGraph({ graph, kinds: kindsOf(adder(log), slow([])), targets: [sum('a')], signal: AbortSignal.abort() });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(log).toEqual([]);
  });
});

test.each([
  ['two nodes of one name', [add('a', []), add('a', [])], /two nodes are called a/],
  ['an output that is not there', [add('a', ['b'])], /b\.sum/],
  ['a kind that is not there', [add('a', [], 1, { kind: 'multiply' })], /multiply/],
  ['settings of another kind', [add('a', [], 1, { settings: { own: 'much' } })], /settings/],
  ['a cycle', [add('a', ['b']), add('b', ['a']), add('c', [])], /cycle among a, b/],
])('%s is refused', async (_, graph, message) => {
  await expect(runGraph({ graph, kinds: kindsOf(adder()), targets: [sum('a')] })).rejects.toThrow(message);
});
