import { describe, expect, it } from 'vitest';
import { adapterName, isSoftwareName, matchesName, reportAdapter } from './adapter';
import { chooseAdapter } from './node';

const h100 = { backend: 'vulkan', name: 'NVIDIA H100 PCIe' };
const lavapipe = { backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256 bits)' };
const swiftshader = { backend: 'vulkan', name: 'SwiftShader Device (Subzero)' };

describe('chooseAdapter', () => {
  it('takes a real GPU first, then the faster software', () => {
    expect(chooseAdapter([swiftshader, lavapipe, h100], 'auto')).toBe(h100);
    expect(chooseAdapter([swiftshader, lavapipe], 'auto')).toBe(lavapipe);
    expect(chooseAdapter([swiftshader], 'auto')).toBe(swiftshader);
    expect(chooseAdapter([], 'auto')).toBeUndefined();
  });

  it('takes software when asked, even beside a GPU', () => {
    expect(chooseAdapter([h100, swiftshader], 'software')).toBe(swiftshader);
    expect(chooseAdapter([h100], 'software')).toBeUndefined();
  });

  it('takes a name by its words, and lavapipe by the name people know', () => {
    expect(chooseAdapter([swiftshader, lavapipe, h100], 'h100')).toBe(h100);
    expect(chooseAdapter([swiftshader, lavapipe, h100], 'nvidia pcie')).toBe(h100);
    expect(chooseAdapter([swiftshader, lavapipe, h100], 'lavapipe')).toBe(lavapipe);
    expect(chooseAdapter([swiftshader, lavapipe, h100], 'radeon')).toBeUndefined();
    expect(matchesName('  ', 'anything')).toBe(false);
  });
});

describe('reportAdapter', () => {
  it('knows software by its name where the adapter does not say so', () => {
    const info = {
      vendor: 'mesa',
      architecture: 'software',
      device: 'llvmpipe',
      description: 'llvmpipe: Mesa 25.0.7',
      isFallbackAdapter: false,
    };
    expect(reportAdapter(info, 'vulkan')).toEqual({
      vendor: 'mesa',
      architecture: 'software',
      device: 'llvmpipe',
      description: 'llvmpipe: Mesa 25.0.7',
      isSoftware: true,
      backend: 'vulkan',
    });
    expect(isSoftwareName('Microsoft Basic Render Driver')).toBe(true);
    expect(isSoftwareName('NVIDIA GeForce RTX 4090')).toBe(false);
  });

  it('has a name for an adapter of which the browser tells nothing', () => {
    const hidden = { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false };
    expect(adapterName(reportAdapter(hidden))).toBe('unnamed GPU');
    expect(adapterName(reportAdapter({ ...hidden, vendor: 'apple', architecture: 'metal-3' }))).toBe('apple metal-3');
  });
});
