import type * as Ort from 'onnxruntime-web';
import { z } from 'zod';
import { AiprodError } from '../../../errors';
import { halfToFloatArray } from '../../../numeric/half';
import { readJson } from '../read-json';
import type { CaptionerParts } from './captioner-parts';

/** How a caption begins, what ends it, and what is asked of it beside being likely. */
export interface Generation {
  readonly start: number;
  readonly ends: ReadonlySet<number>;
  /** Most tokens, the first included. */
  readonly maxLength: number;
  /** No so many tokens come in the same order twice; 0 lets them. */
  readonly noRepeatNgram: number;
  /** The token behind the first, and the one that ends a caption of the greatest length, where they are given. */
  readonly forcedFirst?: number;
  readonly forcedLast?: number;
}

/** Logits [1, T, vocabulary] of the tokens that follow each of T ids. */
export type LogitsAfter = (ids: readonly number[]) => Promise<Ort.Tensor>;

/**
 * Ids of the likeliest token each time, from the first to the one that ends them: transformers' `generate` with one beam and no sampling, with what its
 * generation configuration forbids and forces.
 */
export async function greedyIds(generation: Generation, logitsAfter: LogitsAfter, where: string, signal?: AbortSignal): Promise<number[]> {
  const { start, ends, maxLength, noRepeatNgram, forcedFirst, forcedLast } = generation;
  const written = [start];
  while (written.length < maxLength) {
    signal?.throwIfAborted();
    const isLast = written.length === maxLength - 1;
    const forced = (isLast ? forcedLast : undefined) ?? (written.length === 1 ? forcedFirst : undefined);
    const next = forced ?? likeliest(await logitsAfter(written), written.length, repeating(written, noRepeatNgram), where);
    written.push(next);
    if (ends.has(next)) break;
  }
  return written;
}

/** Tokens that would make the last ones repeat `size` tokens that came before. */
function repeating(written: readonly number[], size: number): ReadonlySet<number> {
  const forbidden = new Set<number>();
  if (size === 0) return forbidden;
  const last = written.slice(written.length - size + 1);
  for (let at = 0; at + size <= written.length; at++) {
    if (last.every((token, k) => written[at + k] === token)) forbidden.add(written[at + size - 1]);
  }
  return forbidden;
}

/** The likeliest token behind the last one, but for those that are forbidden; of equals the first, as torch's argmax. */
function likeliest({ dims, data }: Ort.Tensor, length: number, forbidden: ReadonlySet<number>, where: string): number {
  if (dims.length !== 3 || dims[1] !== length) {
    throw new AiprodError('unsupported-model', 'the decoder gives no logits of each token', {
      where,
      expected: `[1, ${length}, vocabulary]`,
      found: `[${dims.join(', ')}]`,
    });
  }
  const all = data instanceof Uint16Array ? halfToFloatArray(data) : data;
  const size = dims[2];
  let [best, most] = [0, -Infinity];
  for (let token = 0; token < size; token++) {
    const logit = Number(all[(length - 1) * size + token]);
    if (logit > most && !forbidden.has(token)) [best, most] = [token, logit];
  }
  return best;
}

const id = z.int().min(0);
/** What transformers' configurations say of generation. */
export const generationSchema = z.looseObject({
  decoder_start_token_id: id.nullish(),
  bos_token_id: id.nullish(),
  eos_token_id: z.union([id, z.array(id).min(1)]).nullish(),
  max_length: z.int().min(2).nullish(),
  max_new_tokens: z.int().min(1).nullish(),
  no_repeat_ngram_size: z.int().min(0).nullish(),
  forced_bos_token_id: id.nullish(),
  forced_eos_token_id: z
    .union([
      id,
      z
        .array(id)
        .min(1)
        .transform((several) => Math.min(...several)),
    ])
    .nullish(),
});
export type GenerationPlace = z.output<typeof generationSchema>;

/**
 * What transformers takes: generation_config.json before config.json, and there the decoder's own part last.
 * @param places of config.json
 * @param usualMaxLength where no file says how long captions are
 * @param tokens that the architecture takes from elsewhere
 * @throws AiprodError 'bad-weights' when no file says how a text begins or ends
 */
export async function readGeneration(
  { files }: CaptionerParts,
  places: readonly (GenerationPlace | null | undefined)[],
  usualMaxLength: number,
  tokens: { readonly start?: number; readonly end?: number } = {},
): Promise<Generation> {
  const named = await readJson(files, 'generation_config.json', generationSchema);
  const all = [named, ...places].filter((place) => place !== undefined && place !== null);
  const first = <Value>(of: (place: GenerationPlace) => Value | null | undefined): Value | undefined =>
    all.map(of).find((value) => value !== undefined && value !== null) ?? undefined;
  const start = tokens.start ?? first((place) => place.decoder_start_token_id) ?? first((place) => place.bos_token_id);
  const end = tokens.end ?? first((place) => place.eos_token_id);
  if (start === undefined || end === undefined) {
    throw new AiprodError('bad-weights', 'the captioner does not say how a text begins or ends', {
      where: files.name,
      expected: 'decoder_start_token_id and eos_token_id in generation_config.json or config.json',
      hint: 'Download all files of the model',
    });
  }
  const added = first((place) => place.max_new_tokens);
  const [forcedFirst, forcedLast] = [first((place) => place.forced_bos_token_id), first((place) => place.forced_eos_token_id)];
  return {
    start,
    ends: new Set(typeof end === 'number' ? [end] : end),
    maxLength: added === undefined ? (first((place) => place.max_length) ?? usualMaxLength) : added + 1,
    noRepeatNgram: first((place) => place.no_repeat_ngram_size) ?? 0,
    ...(forcedFirst === undefined ? {} : { forcedFirst }),
    ...(forcedLast === undefined ? {} : { forcedLast }),
  };
}
