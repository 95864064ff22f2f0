import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { isDraggedPicture, isPictureFile } from '../compose/input-files';
import { droppedFolder, mayHoldFolder } from '../models/pick-folder';
import { isDraggedSound, isSoundFile } from '../sound/sound-files';
import { useShows, useStudio } from '../state/context';
import { Icon } from './Icon';
import { filesIn, useDroppedProject, useUntakenDrops } from './use-dropped-project';
import styles from './DropOnPage.module.css';

/**
 * Takes what is dropped anywhere in Create: a folder of models, a sound to make the clip for, images and a video to make it from; and a
 * project anywhere.
 * Buttons do the same. A part of the page that takes a drop itself has it alone.
 */
export function DropOnPage() {
  const t = useTranslations('shell.drop');
  const openFolder = useStudio((state) => state.openFolder);
  const takeFiles = useStudio((state) => state.takeFiles);
  const running = useStudio((state) => state.run.status === 'running');
  const workspace = useStudio((state) => state.workspace);
  const described = useStudio((state) => state.environment.status === 'ready');
  // The editor's media and timeline take what is dropped there.
  const ready = workspace === 'create' && described;
  const takesFolders = useShows('models');
  useDroppedProject();
  useUntakenDrops(!ready && workspace !== 'edit');
  const makesSound = useStudio(({ environment }) => environment.status === 'ready' && environment.description.model.makesSound);
  const [over, setOver] = useState<'folder' | 'sound' | 'picture'>();
  useEffect(() => {
    if (!ready) return;
    // Entering a child comes before leaving its parent: the drag is over when as many were left as were entered.
    let depth = 0;
    const onEnter = (event: DragEvent): void => {
      if (event.dataTransfer === null || !mayHoldFolder(event.dataTransfer)) return;
      depth++;
      setOver(isDraggedPicture(event.dataTransfer) ? 'picture' : isDraggedSound(event.dataTransfer) ? 'sound' : 'folder');
    };
    const onLeave = (): void => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(undefined);
    };
    const onOver = (event: DragEvent): void => {
      if (event.dataTransfer !== null && mayHoldFolder(event.dataTransfer)) event.preventDefault();
    };
    const onDrop = (event: DragEvent): void => {
      depth = 0;
      setOver(undefined);
      if (event.defaultPrevented || event.dataTransfer === null || !mayHoldFolder(event.dataTransfer)) return;
      event.preventDefault();
      const { items } = event.dataTransfer;
      const files = filesIn(items);
      if (files.some((file) => isPictureFile(file) || isSoundFile(file))) void takeFiles(files);
      else if (!running && takesFolders)
        void droppedFolder(items).then((folder) => (folder === undefined ? undefined : openFolder(folder)));
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
  }, [ready, running, takesFolders, openFolder, takeFiles]);
  const taken = useShows(over === 'folder' ? 'models' : 'inputs');
  if (over === undefined || !ready || !taken) return null;
  return (
    <div className={styles.over} aria-hidden="true">
      <span className={styles.words}>
        <Icon name={over === 'folder' ? 'folder' : over === 'picture' ? 'image' : 'volume'} size={28} />
        {t(over !== 'sound' ? over : makesSound ? 'sound' : 'noSound')}
      </span>
    </div>
  );
}
