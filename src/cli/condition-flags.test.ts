import fc from 'fast-check';
import { expect, test } from 'vitest';
import { imageFlag, regionFlag, sigmasFlag } from './condition-flags';

test.each([
  ['face.png', { file: 'face.png', frame: 0, strength: 1 }],
  ['face.png@12', { file: 'face.png', frame: 12, strength: 1 }],
  ['face.png@12:0.25', { file: 'face.png', frame: 12, strength: 0.25 }],
  ['a@b/c:d.png@3:1', { file: 'a@b/c:d.png', frame: 3, strength: 1 }],
  ['C:\\pictures\\end.png@4', { file: 'C:\\pictures\\end.png', frame: 4, strength: 1 }],
])('%s', (text, flag) => expect(imageFlag(text)).toEqual([flag]));

test('images add up', () => {
  expect(imageFlag('b.png@8', imageFlag('a.png'))).toHaveLength(2);
});

test.each(['', 'a.png@-1', 'a.png@x', 'a.png@1.5', 'a.png@1:2', 'a.png@1:', 'a.png@1:x', 'a.png@99999'])('%s is refused', (text) => {
  expect(() => imageFlag(text)).toThrow(/FILE@FRAME/);
});

test('any text is read or refused in words', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const read of [imageFlag, regionFlag, sigmasFlag]) {
        try {
          read(text);
        } catch (error) {
          expect(String(error)).toMatch(/Expected/);
        }
      }
    }),
  );
});

test('regions and sigmas', () => {
  expect(regionFlag('8:24')).toEqual({ start: 8, end: 24 });
  expect(() => regionFlag('8-24')).toThrow(/START:END/);
  expect(sigmasFlag('1, 0.5,0')).toEqual([1, 0.5, 0]);
  expect(() => sigmasFlag('1,,0')).toThrow(/noise levels/);
});
