import type { PickExport } from './export-state';

const mimeTypes: Readonly<Record<string, string>> = { mp4: 'video/mp4', webm: 'video/webm', gif: 'image/gif' };

/**
 * Asks by the browser's dialogs. Where the browser gives no place to write to, it is kept in its own storage for a download; frames then as one
 * archive. Undefined when the person closes the dialog.
 */
export const pickTarget: PickExport = async (name, format) => {
  try {
    if (format === 'png') {
      const handle = await window.showDirectoryPicker?.({ id: 'aiprod-export', mode: 'readwrite' });
      return handle === undefined ? { kind: 'download', name: `${name}.zip` } : { kind: 'folder', handle, name };
    }
    const handle = await window.showSaveFilePicker?.({
      id: 'aiprod-export',
      suggestedName: `${name}.${format}`,
      types: [{ accept: { [mimeTypes[format]]: [`.${format}`] } }],
    });
    return handle === undefined ? { kind: 'download', name: `${name}.${format}` } : { kind: 'file', handle };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    // A page in a frame of another origin may not ask: it can still offer a download.
    if (error instanceof DOMException && error.name === 'SecurityError') {
      return { kind: 'download', name: `${name}.${format === 'png' ? 'zip' : format}` };
    }
    throw error;
  }
};
