/**
 * The recipe of a clip (prompt, seed, settings, hashes of the weights, adapter) travels inside the file. This module turns
 * the JSON value into one line of ASCII and back; the formats decide where the line goes: the comment tag of MP4 and WebM, a
 * tEXt chunk of PNG, a comment extension of GIF.
 *
 * The envelope names the program, so that a comment by someone else is not taken for a recipe. ASCII, because GIF comments
 * (GIF89a, section 24) and PNG tEXt (Latin-1) can hold no more.
 */
import { z } from 'zod';
import { AiprodError } from '../errors';

/** Longest recipe that is written or read, in bytes. */
export const MAX_RECIPE_BYTES = 1 << 20;
/** Deepest nesting of arrays and objects, so that no reader of the value can run out of stack. */
const MAX_RECIPE_DEPTH = 64;
const GENERATOR = 'AIPROD Studio';

const envelopeSchema = z.object({ generator: z.literal(GENERATOR), recipeVersion: z.literal(1), recipe: z.unknown() });

/** @throws bad-input when the value is no JSON, or too long. */
export function encodeRecipe(recipe: unknown): string {
  const json = JSON.stringify({ generator: GENERATOR, recipeVersion: 1, recipe: recipe ?? null });
  const ascii = json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (ascii.length > MAX_RECIPE_BYTES) {
    throw new AiprodError('bad-input', 'The recipe is too long to be put into a file', {
      expected: `at most ${MAX_RECIPE_BYTES} bytes`,
      found: String(ascii.length),
    });
  }
  return ascii;
}

/**
 * The recipe in a comment, or undefined when the comment is someone else's.
 * @throws bad-input when it claims to be ours and is broken, too long or nested too deeply.
 */
export function decodeRecipe(comment: string): unknown {
  if (!comment.startsWith(`{"generator":"${GENERATOR}"`)) return undefined;
  const broken = (found: string): AiprodError =>
    new AiprodError('bad-input', 'The recipe in this file is damaged', { expected: 'what AIPROD Studio wrote', found });
  if (comment.length > MAX_RECIPE_BYTES) throw broken(`${comment.length} characters`);
  if (nestingDepth(comment) > MAX_RECIPE_DEPTH) throw broken(`more than ${MAX_RECIPE_DEPTH} levels of nesting`);
  let value: unknown;
  try {
    value = JSON.parse(comment, (key, inner: unknown) => {
      // Harmless here, but a later merge of the value into settings would change every object's prototype.
      if (key === '__proto__') throw new SyntaxError('a key named __proto__');
      return inner;
    });
  } catch (cause) {
    throw broken(cause instanceof Error ? cause.message : String(cause));
  }
  const envelope = envelopeSchema.safeParse(value);
  if (!envelope.success) throw broken(z.prettifyError(envelope.error));
  return envelope.data.recipe;
}

/** Deepest nesting of brackets outside of strings; exact for valid JSON. */
function nestingDepth(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const character = json.charAt(at);
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}

export const asciiBytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Bytes as Latin-1 text, in pieces that fit on the stack. */
export function latin1Text(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
