import type { ReactNode } from 'react';
import styles from './Screen.module.css';

export interface ScreenProps {
  /** Size of the picture in pixels: gives the screen its shape. */
  readonly width: number;
  readonly height: number;
  readonly children?: ReactNode;
  /** Greys the picture, for a run that stands still. */
  readonly dimmed?: boolean;
  /** Words over the picture. */
  readonly overlay?: ReactNode;
}

/** The picture area: as large as its place allows, in the clip's own shape. */
export function Screen({ width, height, children, dimmed = false, overlay }: ScreenProps) {
  return (
    <div className={styles.place}>
      <div className={styles.screen} style={{ '--aspect': width / height }} data-dimmed={dimmed}>
        {children}
        {overlay !== undefined && <div className={styles.overlay}>{overlay}</div>}
      </div>
    </div>
  );
}
