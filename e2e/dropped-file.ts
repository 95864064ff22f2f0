import type { JSHandle, Page } from '@playwright/test';

/** A file as the system's file manager gives it to a page: what its events of dragging carry as `dataTransfer`. */
export function droppedFile(page: Page, name: string, content: Buffer, type = ''): Promise<JSHandle<DataTransfer>> {
  return page.evaluateHandle(
    (file) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(file.base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], file.name, { type: file.type }));
      return transfer;
    },
    { name, type, base64: content.toString('base64') },
  );
}
