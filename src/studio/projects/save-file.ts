/** The part of the File System Access API that is not in every browser. */
declare global {
  interface Window {
    showSaveFilePicker?(options: {
      readonly suggestedName: string;
      readonly types: readonly { readonly accept: Readonly<Record<string, readonly string[]>> }[];
    }): Promise<FileSystemFileHandle>;
  }
}

/**
 * Gives a file to the person: into the place that they choose, written piece by piece and there when it is whole; as a download where a
 * browser lets no page choose. Must begin within a click or key press.
 * @returns false when the person chose no place
 */
export async function saveFile(
  name: string,
  mimeType: string,
  extension: string,
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<boolean> {
  if (window.showSaveFilePicker === undefined) {
    await download(name, mimeType, pieces);
    return true;
  }
  let handle: FileSystemFileHandle;
  try {
    handle = await window.showSaveFilePicker({ suggestedName: name, types: [{ accept: { [mimeType]: [extension] } }] });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return false;
    throw error;
  }
  const stream = await handle.createWritable();
  try {
    for await (const piece of pieces) await stream.write(piece);
    await stream.close();
  } catch (error) {
    await stream.abort();
    throw error;
  }
  return true;
}

async function download(name: string, mimeType: string, pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void> {
  const parts: Blob[] = [];
  for await (const piece of pieces) parts.push(new Blob([piece]));
  const url = URL.createObjectURL(new Blob(parts, { type: mimeType }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then; browsers read the blob after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
