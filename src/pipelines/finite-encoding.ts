import { AiprodError } from '../errors';

/** What an encoder gives, from programs that compute in one type. */
type Encode<Programs, Encoded> = (programs: Programs) => Promise<Encoded>;

export interface EncodingPrograms<Programs> {
  /** Those that the machine uses. */
  readonly own: Programs;
  /** The same in f32; undefined where `own` is. */
  readonly inFull: (() => Programs) | undefined;
}

/**
 * Encodes so that every value is a number: in f16 some VAEs overflow on strong colours, noise and loud sounds, and these are encoded once
 * more in f32.
 *
 * @param what is encoded, for the message
 * @throws AiprodError `not-finite` where f32 overflows too
 */
export async function encodeFinite<Programs, Encoded extends { readonly data: Float32Array }>(
  what: string,
  { own, inFull }: EncodingPrograms<Programs>,
  encode: Encode<Programs, Encoded>,
): Promise<Encoded> {
  const isFinite = ({ data }: Encoded): boolean => data.every(Number.isFinite);
  let encoded = await encode(own);
  if (inFull !== undefined && !isFinite(encoded)) encoded = await encode(inFull());
  if (isFinite(encoded)) return encoded;
  throw new AiprodError('not-finite', `the encoder of the model makes no numbers of the ${what}`, {
    expected: 'latents that are finite in f32',
    found: String(encoded.data.find((value) => !Number.isFinite(value))),
    hint: 'The weights of the VAE may be damaged or of another model: check them with aiprod models inspect',
  });
}
