/** The identification header of Opus, as containers hold it (RFC 7845, section 5.1). */
const MAGIC = 'OpusHead';
const PRE_SKIP_AT = 10;

/** Samples at 48 kHz that a decoder gives before the sound; undefined when there is no such header. */
export function opusDelay(description: AllowSharedBufferSource | undefined): number | undefined {
  if (description === undefined || description.byteLength < PRE_SKIP_AT + 2) return undefined;
  const view = ArrayBuffer.isView(description)
    ? new DataView(description.buffer, description.byteOffset, description.byteLength)
    : new DataView(description);
  for (const [at, letter] of [...MAGIC].entries()) if (view.getUint8(at) !== letter.charCodeAt(0)) return undefined;
  return view.getUint16(PRE_SKIP_AT, true);
}
