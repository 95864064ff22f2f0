import { describe, expect, test } from 'vitest';
import { exp, expm1, log, pow } from './elementary';

const relative = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

// Expected values: mpmath at 40 digits, rounded to doubles.
describe('engine-independent elementary functions', () => {
  test.each([
    [0.95, 2.585709659315846],
    [2.05, 7.767901106306771],
    [-20.5, 1.2501528663867426e-9],
    [1e-9, 1.000000001],
    [-700.25, 7.678723813110872e-305],
    [0.34657, 1.4142084849595797],
    [709.5, 1.3549863193146328e308],
    [1, 2.718281828459045],
  ])('exp(%f)', (x, y) => {
    expect(relative(exp(x), y)).toBeLessThan(1e-15);
  });

  test.each([
    [0.1, -2.3025850929940455],
    [2, 0.6931471805599453],
    [0.999999, -1.000000500029089e-6],
    [1e-300, -690.7755278982137],
    [3.5e20, 47.30446482837628],
    [0.0123, -4.398156016603766],
  ])('log(%f)', (x, y) => {
    expect(relative(log(x), y)).toBeLessThan(1e-15);
  });

  test.each([
    [1e-10, 1.00000000005e-10],
    [-0.2, -0.18126924692201815],
    [0.35, 0.41906754859325723],
    [0.36, 0.43332941456034024],
    [-5, -0.9932620530009145],
  ])('expm1(%f)', (x, y) => {
    expect(relative(expm1(x), y)).toBeLessThan(1e-15);
  });

  test('limits', () => {
    expect(exp(0)).toBe(1);
    expect(exp(Infinity)).toBe(Infinity);
    expect(exp(-Infinity)).toBe(0);
    expect(exp(NaN)).toBeNaN();
    expect(log(0)).toBe(-Infinity);
    expect(log(1)).toBe(0);
    expect(log(Infinity)).toBe(Infinity);
    expect(log(-1)).toBeNaN();
    expect(pow(0, 2)).toBe(0);
    expect(pow(2, 10)).toBeCloseTo(1024, 10);
    expect(relative(pow(0.001, 1 / 7), 0.372759372031494)).toBeLessThan(1e-14);
  });
});
