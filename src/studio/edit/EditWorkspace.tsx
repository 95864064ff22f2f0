import { MediaBin } from './media/MediaBin';
import { Inspector } from './inspector/Inspector';
import { TimelinePanel } from './timeline/TimelinePanel';
import { ViewerPanel } from './viewer/ViewerPanel';
import styles from './EditWorkspace.module.css';

/** Where clips are cut together: what there is, what is seen, what is selected, and the timeline below. */
export function EditWorkspace() {
  return (
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
  );
}
