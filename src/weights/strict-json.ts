import { AiprodError } from '../errors';

/** Bounds for JSON that comes with weights. */
export interface JsonLimits {
  /** Deepest nesting of objects and arrays. */
  readonly depth: number;
  /** Most keys in all objects together. */
  readonly keys: number;
}

/** Names that mean something to JavaScript objects; no tensor is called so. */
const HOSTILE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Parses JSON and refuses what `JSON.parse` lets pass: the same key twice in an object, nesting or key counts past the
 * limits, and keys that would touch an object's prototype.
 * @throws AiprodError 'bad-weights' that names the file.
 */
export function parseStrictJson(text: string, where: string, limits: JsonLimits): unknown {
  // Before JSON.parse, so that it never sees nesting deep enough to exhaust its stack.
  checkDepth(text, where, limits.depth);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refusal(where, 'is not JSON', cause instanceof Error ? cause.message : 'a syntax error', cause);
  }
  checkKeys(text, where, limits.keys);
  return value;
}

function checkDepth(text: string, where: string, limit: number): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      at = endOfString(text, at);
    } else if (character === '{' || character === '[') {
      if (++depth > limit) throw refusal(where, `is nested deeper than ${limit} levels`, 'more');
    } else if (character === '}' || character === ']') {
      depth--;
    }
  }
}

/** Text is known to be valid JSON here, so a string directly before a colon is a key. */
function checkKeys(text: string, where: string, limit: number): void {
  const scopes: Set<string>[] = [];
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') scopes.push(new Set());
    else if (character === '}' || character === ']') scopes.pop();
    if (character !== '"') continue;
    const end = endOfString(text, at);
    const literal = text.slice(at, end + 1);
    at = end;
    let next = end + 1;
    while (next < text.length && ' \t\n\r'.includes(text[next])) next++;
    if (text[next] !== ':') continue;
    const key = String(JSON.parse(literal));
    const scope = scopes[scopes.length - 1];
    if (HOSTILE_KEYS.has(key)) throw refusal(where, 'has a name that is not allowed', JSON.stringify(key));
    if (scope.has(key)) throw refusal(where, 'names something twice', JSON.stringify(shorten(key)));
    scope.add(key);
    if (++count > limit) throw refusal(where, `has more than ${limit} names`, 'more');
  }
}

/** Index of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at, text.length);
}

/** A name that fits in a message. */
export function shorten(name: string): string {
  return name.length <= 120 ? name : `${name.slice(0, 117)}...`;
}

function refusal(where: string, problem: string, found: string, cause?: unknown): AiprodError {
  return new AiprodError(
    'bad-weights',
    `the JSON ${problem}`,
    { where, found: shorten(found), hint: 'Download the file again; if it stays so, it was written wrongly' },
    { cause },
  );
}
