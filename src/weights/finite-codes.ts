import { AiprodError } from '../errors';
import { encodings, type EncodedTensor, type Encoding } from '../numeric/quantized';
import { assertFinite } from './tensor-data';

/** Where the f16 factors of a block stand, in bytes. */
const blockFactors: Partial<Record<Encoding, readonly number[]>> = {
  q8_0: [0],
  q4_0: [0],
  q4_1: [0, 2],
  q5_0: [0],
  q5_1: [0, 2],
  q2_k: [80, 82],
  q3_k: [108],
  q4_k: [0, 2],
  q5_k: [0, 2],
  q6_k: [208],
};

/**
 * Refuses weights that are not numbers without decoding them: looks at the codes of floats and at the factors of everything else.
 * @throws AiprodError 'not-finite' that names the weight.
 */
export function assertFiniteCodes(name: string, { encoding, bytes, scales, zeros }: EncodedTensor, where?: string): void {
  if (scales !== undefined) assertFinite(`${name} (its scales)`, scales, where);
  if (zeros !== undefined) assertFinite(`${name} (its zero points)`, zeros, where);
  const isBad = badCode(encoding, bytes);
  if (isBad === undefined) return;
  for (let at = isBad.first; at < bytes.length; at += isBad.step) {
    if (!isBad.test(at)) continue;
    throw new AiprodError('not-finite', `weight ${name} holds a value that is no finite number, in byte ${at}`, {
      where,
      expected: 'finite numbers',
      hint: 'The file is damaged or its training diverged; use another file',
    });
  }
}

interface CodeTest {
  readonly first: number;
  readonly step: number;
  test(at: number): boolean;
}

/** A test of every code (or block) for infinity and NaN; undefined where codes are integers. */
function badCode(encoding: Encoding, bytes: Uint8Array): CodeTest | undefined {
  const half = (at: number): boolean => (bytes[at + 1] & 0x7c) === 0x7c;
  switch (encoding) {
    case 'f16':
      return { first: 0, step: 2, test: half };
    case 'bf16':
      return { first: 0, step: 2, test: (at) => (bytes[at + 1] & 0x7f) === 0x7f && (bytes[at] & 0x80) !== 0 };
    case 'fp8_e4m3':
      return { first: 0, step: 1, test: (at) => (bytes[at] & 0x7f) === 0x7f };
    case 'fp8_e5m2':
      return { first: 0, step: 1, test: (at) => (bytes[at] & 0x7c) === 0x7c };
    default: {
      const factors = blockFactors[encoding];
      if (factors === undefined) return undefined;
      return { first: 0, step: encodings[encoding].blockBytes, test: (block) => factors.some((at) => half(block + at)) };
    }
  }
}
