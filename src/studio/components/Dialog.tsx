import { useId, type ReactNode, type RefObject } from 'react';
import { IconButton } from './Button';
import styles from './Dialog.module.css';

export interface DialogProps {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly title: string;
  /** Says what its button to close does. */
  readonly closeLabel: string;
  readonly size?: 'medium' | 'large' | 'wide';
  /** Called when it was closed, however that was done. */
  readonly onClose?: () => void;
  readonly children: ReactNode;
}

/** A window over the page, with a title and a way out; whoever opens it calls `showModal`. */
export function Dialog({ dialog, title, closeLabel, size = 'medium', onClose, children }: DialogProps) {
  const headingId = useId();
  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      data-size={size}
      aria-labelledby={headingId}
      // In React the closing of a dialog within this one comes by here too.
      onClose={(event) => {
        if (event.target === event.currentTarget) onClose?.();
      }}
    >
      <header className={styles.head}>
        <h2 id={headingId} className={styles.title}>
          {title}
        </h2>
        <IconButton icon="close" label={closeLabel} onClick={() => dialog.current?.close()} />
      </header>
      <div className={styles.body}>{children}</div>
    </dialog>
  );
}
