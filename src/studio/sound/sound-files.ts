/** What the file dialog offers. */
export const soundFileTypes = 'audio/*,video/mp4,video/webm,video/quicktime,.wav,.mp3,.flac,.ogg,.opus,.m4a,.aac,.mkv';

const soundType = /^(audio|video)\//;
const soundEnding = /\.(wav|mp3|flac|ogg|oga|opus|m4a|aac|mp4|m4v|mov|webm|mkv)$/i;

/** Whether something that is dragged over the page says that it is a sound, or a video; a folder says nothing of itself. */
export function isDraggedSound({ items }: DataTransfer): boolean {
  return Array.from(items).some(({ type }) => soundType.test(type));
}

/** The first sound or video among what was dropped. Must be called within the event: what was dropped is gone after it. */
export function droppedSound(items: DataTransferItemList): File | undefined {
  return (
    Array.from(items)
      .filter(({ kind }) => kind === 'file')
      .map((item) => item.getAsFile())
      .find((file) => file !== null && (soundType.test(file.type) || soundEnding.test(file.name))) ?? undefined
  );
}
