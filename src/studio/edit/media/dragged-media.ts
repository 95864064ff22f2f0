/** A medium that is dragged from the list onto the timeline, by its id among the project's media. */
const TYPE = 'application/x-aiprod-media';

export function dragMedia(transfer: DataTransfer, id: string): void {
  transfer.setData(TYPE, id);
  transfer.effectAllowed = 'copy';
}

/** Whether something of the list is dragged: what it is can only be read when it is dropped. */
export const isDraggedMedia = ({ types }: DataTransfer): boolean => types.includes(TYPE);

/** Undefined when something else is dropped. */
export function draggedMedia(transfer: DataTransfer): string | undefined {
  const id = transfer.getData(TYPE);
  return id === '' ? undefined : id;
}
