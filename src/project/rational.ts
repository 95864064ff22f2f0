import { z } from 'zod';
import { AiprodError } from '../errors';

/**
 * An exact fraction: seconds, or a ratio such as a speed. Positions inside a file are kept this way, because a cut in a sequence of one
 * frame rate may fall between two frames of a file of another, and cutting must not move the picture.
 */
export interface Rational {
  readonly numerator: number;
  /** Positive; in lowest terms with the numerator. */
  readonly denominator: number;
}

export const rationalSchema = z
  .strictObject({ numerator: z.int(), denominator: z.int().positive() })
  .transform(({ numerator, denominator }): Rational => rational(numerator, denominator));

/** The fraction in lowest terms. @throws AiprodError `bad-input` when a term cannot be held exactly */
export function rational(numerator: number, denominator = 1): Rational {
  return ofBig(BigInt(numerator), BigInt(denominator));
}

export const add = (a: Rational, b: Rational): Rational =>
  ofBig(
    BigInt(a.numerator) * BigInt(b.denominator) + BigInt(b.numerator) * BigInt(a.denominator),
    BigInt(a.denominator) * BigInt(b.denominator),
  );

export const subtract = (a: Rational, b: Rational): Rational => add(a, { numerator: -b.numerator, denominator: b.denominator });

export const multiply = (a: Rational, b: Rational): Rational =>
  ofBig(BigInt(a.numerator) * BigInt(b.numerator), BigInt(a.denominator) * BigInt(b.denominator));

export const divide = (a: Rational, b: Rational): Rational =>
  ofBig(BigInt(a.numerator) * BigInt(b.denominator), BigInt(a.denominator) * BigInt(b.numerator));

/** Negative where a lies before b, 0 where they are equal. */
export function compare(a: Rational, b: Rational): number {
  const difference = BigInt(a.numerator) * BigInt(b.denominator) - BigInt(b.numerator) * BigInt(a.denominator);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Largest whole number that is not above it. */
export function floor({ numerator, denominator }: Rational): number {
  const quotient = BigInt(numerator) / BigInt(denominator);
  const exact = quotient * BigInt(denominator) === BigInt(numerator);
  return Number(numerator < 0 && !exact ? quotient - 1n : quotient);
}

export const toNumber = ({ numerator, denominator }: Rational): number => numerator / denominator;

function ofBig(numerator: bigint, denominator: bigint): Rational {
  if (denominator === 0n) throw new AiprodError('bad-input', 'a fraction has the denominator 0');
  const divisor = greatestCommonDivisor(numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator);
  const sign = denominator < 0n ? -1n : 1n;
  const top = Number((sign * numerator) / divisor);
  const bottom = Number((sign * denominator) / divisor);
  if (!Number.isSafeInteger(top) || !Number.isSafeInteger(bottom)) {
    throw new AiprodError('bad-input', 'a fraction cannot be held exactly', {
      expected: 'terms below 2^53',
      found: `${numerator}/${denominator}`,
      hint: 'Choose a simpler speed or frame rate',
    });
  }
  return { numerator: top === 0 ? 0 : top, denominator: bottom };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}
