/** SHA-256 (FIPS 180-4) of bytes, or of a text in UTF-8: 64 lower-case hexadecimal digits. In Node and in browsers alike. */
export async function sha256(content: Uint8Array | string): Promise<string> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  // Web Crypto takes no shared memory.
  const digest = await crypto.subtle.digest('SHA-256', isUnshared(bytes) ? bytes : new Uint8Array(bytes));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function isUnshared(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer;
}
