import { describe, expect, it } from 'vitest';
import { loraFlag } from './lora-flag';

describe('--lora', () => {
  it.each([
    ['style.safetensors', 'style.safetensors', 1],
    ['style.safetensors:0.8', 'style.safetensors', 0.8],
    ['a/b.safetensors:-1', 'a/b.safetensors', -1],
    ['a:.5', 'a', 0.5],
    ['C:\\loras\\x.safetensors', 'C:\\loras\\x.safetensors', 1],
    ['C:\\loras\\x.safetensors:2', 'C:\\loras\\x.safetensors', 2],
    ['odd:name', 'odd:name', 1],
  ])('%s', (text, path, scale) => {
    expect(loraFlag(text)).toEqual([{ path, scale }]);
    expect(loraFlag(text, [{ path: 'first', scale: 1 }])).toEqual([
      { path: 'first', scale: 1 },
      { path, scale },
    ]);
  });

  it('refuses what is no file or no sensible scale', () => {
    expect(() => loraFlag('')).toThrow(/Expected a file/);
    expect(() => loraFlag('x:1000')).toThrow(/-100 to 100/);
  });
});
