import { describe, expect, it } from 'vitest';
import { linkKernel } from './link';
import type { ElementType, KernelVariant } from './kernel-variant';

const rows: KernelVariant = {
  kernel: 'normalization/rows',
  conditions: { centred: false, vector: true, cooperative: false, held: false },
  constants: { WIDTH: 64, GROUP: 4, HELD: 1 },
  modules: {
    epilogue: 'fn epilogue(v: f32, index: u32) -> f32 { return v; }\nfn epilogue4(v: vec4f, index: u32) -> vec4f { return v; }\n',
  },
};

const linked = (stored: ElementType): Promise<string> =>
  linkKernel(rows, [
    { element: stored, access: 'read_write' },
    { element: stored, access: 'read' },
  ]);

describe('a linked kernel', () => {
  it('reads four halves as two words and stores them as halves', async () => {
    const code = await linked('f16');
    expect(code).toMatch(/^enable f16;/);
    expect(code).toMatch(/alias Packed1 = vec2<u32>;/);
    expect(code).toMatch(/unpack2x16float/);
    expect(code).toMatch(/alias T0x4 = vec4<f16>;/);
  });

  it('reads f32 as it is', async () => {
    const code = await linked('f32');
    expect(code).not.toMatch(/enable|unpack2x16float/);
    expect(code).toMatch(/alias Packed1 = vec4<f32>;/);
  });

  it('has no loop over a row whose length the driver knows, and could write out', async () => {
    const loops = (await linked('f32')).match(/for \([^)]*\)/g) ?? [];
    expect(loops).toHaveLength(2);
    for (const loop of loops) expect(loop).toContain('parameters.steps');
  });
});
