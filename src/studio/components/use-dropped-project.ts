import { useEffect } from 'react';
import { mayHoldFolder } from '../models/pick-folder';
import { isProjectFile } from '../projects/file-content';
import { useShows, useStudio } from '../state/context';

/** Opens a project's file wherever on the page it is dropped. */
export function useDroppedProject(): void {
  const takesProjects = useShows('projects');
  const ready = useStudio((state) => state.environment.status !== 'checking') && takesProjects;
  const openProjectFile = useStudio((state) => state.openProjectFile);
  useEffect(() => {
    const onDrop = (event: DragEvent): void => {
      const file = event.dataTransfer === null ? undefined : filesIn(event.dataTransfer.items).find(isProjectFile);
      if (file === undefined) return;
      event.preventDefault();
      if (ready) void openProjectFile(file, file.name);
    };
    // Before any part of the page takes it for media.
    window.addEventListener('drop', onDrop, { capture: true });
    return () => window.removeEventListener('drop', onDrop, { capture: true });
  }, [ready, openProjectFile]);
}

/** Where nothing takes files, keeps the browser from opening one that is dropped in the place of the studio. */
export function useUntakenDrops(nothingTakes: boolean): void {
  useEffect(() => {
    if (!nothingTakes) return;
    const keepClosed = (event: DragEvent): void => {
      if (event.dataTransfer !== null && mayHoldFolder(event.dataTransfer)) event.preventDefault();
    };
    window.addEventListener('dragover', keepClosed);
    window.addEventListener('drop', keepClosed);
    return () => {
      window.removeEventListener('dragover', keepClosed);
      window.removeEventListener('drop', keepClosed);
    };
  }, [nothingTakes]);
}

/** Files among what was dropped. Must be called within the event: what was given is gone after it. */
export const filesIn = (items: DataTransferItemList): File[] =>
  Array.from(items, (item) => (item.kind === 'file' ? item.getAsFile() : null)).filter((file) => file !== null);
