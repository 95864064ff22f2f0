import { exp, log, pow } from '../../numeric/elementary';

/** Continued fraction of the incomplete beta function (Numerical Recipes 6.4, Lentz's method), for x < (a + 1)/(a + b + 2). */
function betaFraction(x: number, a: number): number {
  let c = 1;
  let d = 1 / (1 - (2 * a * x) / (a + 1));
  let result = d;
  for (let m = 1; m < 300; m++) {
    const even = (m * (a - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    result *= d * c;
    const odd = (-(a + m) * (2 * a + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return result;
}

/** `x^a (1 - x)^a / a` times the fraction: the incomplete beta function B(x; a, a), not normalised, for x <= 1/2. */
function incompleteBeta(x: number, a: number): number {
  return x === 0 ? 0 : (exp(a * (log(x) + log(1 - x))) / a) * betaFraction(x, a);
}

/**
 * The p-quantile of the symmetric beta distribution Beta(a, a), p in [0, 1], a > 0: bisection on the regularised incomplete
 * beta function. Symmetry halves the interval and gives the normalisation, `B(a, a) = 2 B(1/2; a, a)`.
 */
export function betaQuantile(p: number, a: number): number {
  if (p === 0) return 0;
  if (p > 0.5) return 1 - betaQuantile(1 - p, a);
  const target = 2 * p * incompleteBeta(0.5, a);
  // In y = x^a the quantile is smooth down to 0, so plain bisection keeps relative precision.
  let low = 0;
  let high = pow(0.5, a);
  for (let i = 0; i < 80; i++) {
    const middle = 0.5 * (low + high);
    if (incompleteBeta(pow(middle, 1 / a), a) < target) low = middle;
    else high = middle;
  }
  return pow(0.5 * (low + high), 1 / a);
}
