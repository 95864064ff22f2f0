import { useId, type ReactNode, type RefObject } from 'react';
import { Button } from './Button';
import styles from './SureDialog.module.css';

export interface SureDialogProps {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly question: string;
  /** What follows from it. */
  readonly children?: ReactNode;
  readonly no: string;
  readonly yes: string;
  readonly onYes: () => void;
}

/** Asks before something is gone for good; whoever opens it calls `showModal`. */
export function SureDialog({ dialog, question, children, no, yes, onYes }: SureDialogProps) {
  const questionId = useId();
  return (
    <dialog ref={dialog} className={styles.sure} aria-labelledby={questionId}>
      <h3 id={questionId} className={styles.question}>
        {question}
      </h3>
      {children}
      <div className={styles.actions}>
        <Button onClick={() => dialog.current?.close()}>{no}</Button>
        <Button
          kind="primary"
          onClick={() => {
            dialog.current?.close();
            onYes();
          }}
        >
          {yes}
        </Button>
      </div>
    </dialog>
  );
}
