import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dequantize } from '../../src/numeric/quantized';
import {
  blobFileTree,
  checkParameters,
  inspectWeights,
  openWeightSet,
  parametersOf,
  renameParameters,
  t5Parameters,
  type ParameterSource,
} from '../../src/weights';
import { randomCheckpoint, type Component } from './checkpoint';
import { layouts, type Layout } from './layouts';

const checkpoint = randomCheckpoint(1);

function componentOf({ component }: Layout): Component {
  const found = checkpoint.get(component);
  if (found === undefined) throw new Error(`no ${component}`);
  return found;
}

/** Output with the f32 weights, once for each component. */
const references = new Map<Component, Promise<Float32Array>>();
function referenceOf(component: Component): Promise<Float32Array> {
  const running = references.get(component) ?? component.run((name) => valuesOf(component, name));
  references.set(component, running);
  return running;
}

const outputs = new Map<string, Promise<Float32Array>>();
/** Files of different layouts that hold the same values are run once: what was read of them was compared before. */
async function outputOf(component: Component, source: ParameterSource): Promise<Float32Array> {
  const hash = createHash('sha256').update(component.name);
  const values = new Map<string, Float32Array>();
  for (const name of [...component.weights.keys()].sort()) {
    const loaded = await source.load(name);
    values.set(name, loaded);
    hash.update(loaded);
  }
  const key = hash.digest('hex');
  const running = outputs.get(key) ?? component.run((name) => values.get(name) ?? new Float32Array());
  outputs.set(key, running);
  return running;
}

function valuesOf({ weights }: Component, name: string): Float32Array {
  const weight = weights.get(name);
  if (weight === undefined) throw new Error(`no weight ${name}`);
  return weight.values;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let normA = 0;
  let normB = 0;
  for (let k = 0; k < a.length; k++) {
    product += a[k] * b[k];
    normA += a[k] ** 2;
    normB += b[k] ** 2;
  }
  return product / Math.sqrt(normA * normB);
}

/** Bit by bit; many times faster than comparing elements. */
function isSame(a: Uint8Array | Float32Array | undefined, b: Uint8Array | Float32Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

async function opened(
  layout: Layout,
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Promise<{ source: ParameterSource; architectures: readonly { kind: string }[] }> {
  const tree = blobFileTree(layout.name, new Map([...files].map(([path, bytes]) => [path, new Blob([bytes])])));
  const set = await openWeightSet(tree, '');
  const source = parametersOf(set);
  const renamed =
    layout.component === 'text_encoder'
      ? t5Parameters(source)
      : layout.renaming === undefined
        ? source
        : renameParameters(source, layout.renaming);
  return { source: renamed, architectures: inspectWeights(set).architectures };
}

describe('layouts of weight files', { timeout: 120_000 }, () => {
  it('have names of their own', () => {
    expect(new Set(layouts.map(({ name }) => name)).size).toBe(layouts.length);
  });

  it.each(layouts)('$name loads back to what was written', async (layout) => {
    const component = componentOf(layout);
    const written = layout.encode(component);
    const { source, architectures } = await opened(layout, layout.write(component, written));
    expect(architectures.map(({ kind }) => kind)).toEqual([
      { transformer: 'ltx-transformer', vae: 'ltx-vae', text_encoder: 't5-encoder' }[layout.component],
    ]);
    // Every weight is there, nothing else, in its own shape.
    checkParameters(source, new Map([...component.weights].map(([name, { shape }]) => [name, shape])));
    let encoded = 0;
    for (const [name, tensor] of written) {
      const stored = await source.stored(name);
      expect(stored?.encoding, name).toBe(tensor.encoding);
      expect(stored?.shape, name).toEqual(tensor.shape);
      for (const part of ['bytes', 'scales', 'zeros'] as const)
        expect(isSame(stored?.[part], tensor[part]), `${part} of ${name}`).toBe(true);
      expect(source.encoding(name)?.encoding, name).toBe(tensor.encoding);
      expect(isSame(await source.load(name), dequantize(tensor)), name).toBe(true);
      if (tensor.encoding === layout.encoding) encoded++;
    }
    expect(encoded).toBeGreaterThan(layout.component === 'vae' && /int4|gguf-q/.test(layout.name) ? 0 : 5);

    const reference = await referenceOf(component);
    const output = await outputOf(component, source);
    expect(output.every(Number.isFinite)).toBe(true);
    if (layout.encoding === 'f32') expect(isSame(output, reference)).toBe(true);
    else expect(cosine(output, reference)).toBeGreaterThan(layout.similarity);
  });
});
