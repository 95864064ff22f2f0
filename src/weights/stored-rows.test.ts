import { describe, expect, it } from 'vitest';
import { pickRows, type ParameterReader } from '../graph';
import { encodings, type Encoding } from '../numeric/quantized';
import { ggufOfEncoded, safetensorsOfEncoded } from './encoded-tensors';
import { openGguf } from './gguf';
import { writeGguf } from './gguf-writer';
import type { Lora } from './lora';
import { fuseLoras } from './lora-apply';
import { parametersOf, type ParameterSource } from './parameters';
import { openSafetensors } from './safetensors';
import { writeSafetensors } from './safetensors-writer';
import { watchedSource } from './testing';
import { parameterReader } from './weight-choice';
import { singleFileSet } from './weight-set';

const [rows, width] = [200, 512];
const values = Float32Array.from({ length: rows * width }, (_, k) => Math.sin(k * 0.37) * (1 + (k % 7)));
const wanted = [0, 3, 4, 5, 77, 199];

interface Table {
  readonly source: ParameterSource;
  readonly asked: { bytes: number };
}

async function tableIn(encoding: Encoding, scaling: 'none' | 'tensor' | 'row' = 'row'): Promise<Table> {
  const tensor = { encoding, shape: [rows, width], ...encodings[encoding].encode(values, width, { scaling, zeros: true }) };
  const inGguf = encodings[encoding].blockElements > 1 && encoding !== 'int4';
  const watched = watchedSource(
    inGguf
      ? writeGguf(new Map([['table.weight', ggufOfEncoded('table.weight', tensor)]]), { architecture: 'test' })
      : writeSafetensors(safetensorsOfEncoded('table.weight', tensor)),
  );
  const file = await (inGguf ? openGguf(watched) : openSafetensors(watched));
  return { source: parametersOf(singleFileSet(file)), asked: watched.asked };
}

describe('rows of a table', () => {
  for (const encoding of ['f32', 'f16', 'bf16', 'fp8_e4m3', 'fp8_e5m2', 'int8', 'int4', 'q8_0', 'q4_0', 'q4_k', 'q6_k'] as const) {
    it(`are read alone, and are those of the whole table, in ${encoding}`, async () => {
      const { source, asked } = await tableIn(encoding);
      const whole = await source.load('table.weight');
      asked.bytes = 0;
      expect(await source.loadRows('table.weight', wanted)).toEqual(pickRows(whole, wanted, width));
      const factors = encodings[encoding].scales === 'group' ? 8 / 32 : 4 / width;
      expect(asked.bytes).toBeLessThanOrEqual(wanted.length * width * 4 + factors * rows * width);
      const read: ParameterReader = parameterReader(source);
      expect(await read.rows?.('table.weight', [199])).toEqual(pickRows(whole, [199], width));
    });
  }

  it('are right where one factor stands for the whole table', async () => {
    for (const encoding of ['fp8_e4m3', 'fp8_e5m2'] as const) {
      for (const scaling of ['none', 'tensor'] as const) {
        const { source } = await tableIn(encoding, scaling);
        const whole = await source.load('table.weight');
        expect(await source.loadRows('table.weight', wanted)).toEqual(pickRows(whole, wanted, width));
      }
    }
  });

  it('are right where they share blocks', async () => {
    const flat = { encoding: 'q8_0' as const, shape: [16 * 8], ...encodings.q8_0.encode(values.slice(0, 16 * 8), 16 * 8) };
    const tensor = { ...ggufOfEncoded('table.weight', flat), shape: [8, 16] };
    const file = await openGguf(watchedSource(writeGguf(new Map([['table.weight', tensor]]), { architecture: 'test' })));
    const source = parametersOf(singleFileSet(file));
    expect(source.shape('table.weight')).toEqual([8, 16]);
    const whole = await source.load('table.weight');
    expect(await source.loadRows('table.weight', [1, 2, 7])).toEqual(pickRows(whole, [1, 2, 7], 16));
  });

  it('have the LoRAs that are fused into their table', async () => {
    const { source } = await tableIn('f32');
    const lora: Lora = {
      name: 'lora',
      keyStyle: 'peft',
      ranks: new Map([['table.weight', 1]]),
      differences: new Set(),
      referenceDownscaleFactor: undefined,
      load: () => Promise.resolve({ rank: 1, down: new Float32Array(width).fill(1), up: Float32Array.from({ length: rows }, (_, k) => k) }),
      loadDifference: () => Promise.reject(new Error('none')),
    };
    const fused = fuseLoras(source, [{ lora, scale: 2 }]);
    const [first] = await fused.loadRows('table.weight', [3]);
    expect(first).toBeCloseTo(values[3 * width] + 6, 4);
  });

  it('are refused where the file ends', async () => {
    const { source } = await tableIn('f16');
    await expect(source.loadRows('table.weight', [rows])).rejects.toMatchObject({ code: 'bad-weights' });
    await expect(source.loadRows('nowhere', [0])).rejects.toMatchObject({ code: 'bad-weights' });
  });
});
