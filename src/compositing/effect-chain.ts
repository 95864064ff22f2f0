/** Pixel effects that follow each other, as one generated function of a kernel and the data that it reads. */
import type { EvaluatedEffect } from '../project';
import { isAreaEffect, pixelEffects, type EffectScene, type PixelEffect } from './effects';

export interface EffectChain {
  /** WGSL of `package::effects`: the same for every chain of the same types, whatever their values. */
  readonly module: string;
  /** f32 values that it reads, in turn. */
  readonly numbers: Float32Array<ArrayBuffer>;
  readonly tables: Float32Array<ArrayBuffer>;
}

/** How many f32 an argument takes. */
const widthOf = { place: 0, table: 1, f32: 1, vec2f: 2, vec3f: 3 } as const;

export function pixelEffectOf({ type }: EvaluatedEffect): PixelEffect | null {
  return isAreaEffect(type) ? null : pixelEffects[type];
}

/**
 * The chain of effects that are all pixel effects; of none, the identity.
 * @param forBlur ends with light premultiplied by alpha, which a blur adds up
 */
export function chainOf(effects: readonly EvaluatedEffect[], scene: EffectScene, forBlur = false): EffectChain {
  const numbers: number[] = [];
  const tables: Float32Array[] = [];
  const imports = new Map<string, string>();
  let tableEnd = 0;
  const calls = effects.flatMap((effect) => {
    const definition = pixelEffectOf(effect);
    if (definition === null) return [];
    const { kernel, takes } = definition;
    imports.set(kernel.name, `import package::image::${kernel.module}::${kernel.name};`);
    const prepared = definition.prepare(effect, scene);
    const values = [...prepared.numbers];
    const argumentsOf = takes.map((type) => {
      if (type === 'place') return 'place';
      const at = numbers.length;
      const width = widthOf[type];
      numbers.push(...(type === 'table' ? [tableEnd] : values.splice(0, width)));
      const read = Array.from({ length: width }, (_, k) => `number(${at + k}u)`).join(', ');
      return width === 1 ? read : `vec${width}f(${read})`;
    });
    if (prepared.table !== undefined) {
      tables.push(prepared.table);
      tableEnd += prepared.table.length;
    }
    return [`  color = ${kernel.name}(${['color', ...argumentsOf].join(', ')});\n`];
  });
  if (forBlur) {
    imports.set('premultiplied_light', 'import package::image::srgb::premultiplied_light;');
    calls.push('  color = premultiplied_light(color);\n');
  }
  const readsNumbers = calls.some((call) => call.includes('number('));
  const head = [...(readsNumbers ? ['import package::image::effect_data::number;'] : []), ...imports.values()]
    .map((line) => `${line}\n`)
    .join('');
  const joined = new Float32Array(tableEnd);
  tables.reduce((end, table) => {
    joined.set(table, end);
    return end + table.length;
  }, 0);
  return {
    module: `${head}fn effects(start: vec4f, place: vec2f) -> vec4f {\n  var color = start;\n${calls.join('')}  return color;\n}\n`,
    numbers: Float32Array.from(numbers),
    tables: joined,
  };
}

/** No effect at all. */
export const identityChain: EffectChain = chainOf([], { width: 1, height: 1, lengthScale: 1, clipFrame: 0, tables: new Map() });
