import { describe, expect, it } from 'vitest';
import { parseCube } from './cube';
import { lookUp } from './effects/color-table';

const grid = ['0 0 0', '1 0 0', '0 1 0', '1 1 0', '0 0 1', '1 0 1', '0 1 1', '1 1 1'];
const cube = (...lines: string[]): string => lines.join('\n');

describe('a .cube file', () => {
  it('is read with its title, comments, domain and any line ends', () => {
    const text = ['# made by hand', 'TITLE "Plain"', 'LUT_3D_SIZE 2', 'DOMAIN_MIN 0 0 0', 'DOMAIN_MAX 2 2 2', '', ...grid].join('\r\n');
    const table = parseCube(`\uFEFF${text}`, 'plain.cube');
    expect(table).toMatchObject({ size: 2, domainMin: [0, 0, 0], domainMax: [2, 2, 2] });
    expect(lookUp(table, [1, 0.5, 2])).toEqual([0.5, 0.25, 1]);
  });

  it('of one dimension is the same curves in three', () => {
    const table = parseCube(cube('LUT_1D_SIZE 3', '0 0 1', '0.25 0.5 0.5', '1 1 0'), 'curve.cube');
    const [red, green, blue] = lookUp(table, [0.5, 0.25, 0.75]);
    expect([red, green, blue]).toEqual([0.25, 0.25, 0.25]);
  });

  it.each([
    ['no size', cube(...grid), /line 1.*LUT_3D_SIZE or LUT_1D_SIZE before/],
    ['too few colours', cube('LUT_3D_SIZE 2', ...grid.slice(1)), /expected 8 colours; found 7/],
    ['too many colours', cube('LUT_3D_SIZE 2', ...grid, '1 1 1'), /expected 8 colours; found 9/],
    ['a word among the numbers', cube('LUT_3D_SIZE 2', ...grid.slice(1), '1 one 1'), /line 9.*three numbers/],
    ['an unknown word', cube('LUT_3D_SIZE 2', 'SHAPER 3', ...grid), /line 2.*TITLE/],
    ['a huge size', cube('LUT_3D_SIZE 4096'), /line 1.*2 to 129/],
    ['two sizes', cube('LUT_3D_SIZE 2', 'LUT_1D_SIZE 2', ...grid), /line 2.*one size/],
    ['an empty domain', cube('LUT_3D_SIZE 2', 'DOMAIN_MAX 0 1 1', ...grid), /domain whose end/],
    ['nothing', '', /found neither/],
  ])('with %s is refused', (_, text, message) => {
    expect(() => parseCube(text, 'bad.cube')).toThrow(message);
  });
});
