import { useEffect, useState } from 'react';
import { useStudio, useStudioStore } from '../state/context';
import { MediaPicturesContext, mediaPictures } from './media-pictures';
import { MediaBin } from './media/MediaBin';
import { Inspector } from './inspector/Inspector';
import { TimelinePanel } from './timeline/TimelinePanel';
import { ViewerPanel } from './viewer/ViewerPanel';
import styles from './EditWorkspace.module.css';

/** Where clips are cut together: what there is, what is seen, what is selected, and the timeline below. */
export function EditWorkspace() {
  const store = useStudioStore();
  const media = useStudio((state) => state.project.media);
  const [pictures] = useState(() => mediaPictures(store.getState()));
  useEffect(() => () => pictures.close(), [pictures]);
  useEffect(() => {
    // A file that cannot be opened is told where it is used.
    store
      .getState()
      .openMedia()
      .catch(() => undefined);
  }, [store, media]);
  return (
    <MediaPicturesContext.Provider value={pictures}>
      <main className={styles.workspace}>
        <div className={styles.media}>
          <MediaBin />
        </div>
        <div className={styles.viewer}>
          <ViewerPanel />
        </div>
        <div className={styles.inspector}>
          <Inspector />
        </div>
        <div className={styles.timeline}>
          <TimelinePanel />
        </div>
      </main>
    </MediaPicturesContext.Provider>
  );
}
