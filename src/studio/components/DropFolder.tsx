import { useEffect, useState } from 'react';
import { droppedFolder, mayHoldFolder } from '../models/pick-folder';
import { useStudio } from '../state/context';
import { Icon } from './Icon';
import styles from './DropFolder.module.css';

/** Takes a folder that is dropped anywhere on the page as one of models; the button in the model dialog does the same. */
export function DropFolder() {
  const openFolder = useStudio((state) => state.openFolder);
  const ready = useStudio((state) => state.environment.status === 'ready' && state.run.status !== 'running');
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (!ready) return;
    // Entering a child comes before leaving its parent: the drag is over when as many were left as were entered.
    let depth = 0;
    const onEnter = (event: DragEvent): void => {
      if (event.dataTransfer === null || !mayHoldFolder(event.dataTransfer)) return;
      depth++;
      setOver(true);
    };
    const onLeave = (): void => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const onOver = (event: DragEvent): void => {
      if (event.dataTransfer !== null && mayHoldFolder(event.dataTransfer)) event.preventDefault();
    };
    const onDrop = (event: DragEvent): void => {
      depth = 0;
      setOver(false);
      if (event.dataTransfer === null || !mayHoldFolder(event.dataTransfer)) return;
      event.preventDefault();
      void droppedFolder(event.dataTransfer.items).then((folder) => (folder === undefined ? undefined : openFolder(folder)));
    };
    window.addEventListener('dragenter', onEnter);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('dragover', onOver);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragenter', onEnter);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('drop', onDrop);
    };
  }, [ready, openFolder]);
  if (!over || !ready) return null;
  return (
    <div className={styles.over} aria-hidden="true">
      <span className={styles.words}>
        <Icon name="folder" size={28} />
        Drop the folder of a model
      </span>
    </div>
  );
}
