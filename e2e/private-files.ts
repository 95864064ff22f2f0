/** Files in the browser's private file system, put there by a test: what a person has in a folder of the disk. */
import type { Page } from '@playwright/test';

/** Paths within a folder, and contents in base64. */
export type FolderFiles = readonly (readonly [path: string, content: string])[];

/** Writes a folder into the private file system of the page's origin; the page must be open. */
export async function writePrivateFolder(page: Page, folder: string, files: FolderFiles): Promise<void> {
  await page.evaluate(
    async ({ folder, files }) => {
      const root = await navigator.storage.getDirectory();
      for (const [path, content] of files) {
        const parts = `${folder}/${path}`.split('/');
        let directory = root;
        for (const part of parts.slice(0, -1)) directory = await directory.getDirectoryHandle(part, { create: true });
        const stream = await (await directory.getFileHandle(parts[parts.length - 1], { create: true })).createWritable();
        await stream.write(Uint8Array.from(atob(content), (character) => character.charCodeAt(0)));
        await stream.close();
      }
    },
    { folder, files },
  );
}
