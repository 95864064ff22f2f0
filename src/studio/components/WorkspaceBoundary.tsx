import { Component, type ErrorInfo, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { problemOf } from '../state/problem';
import { Button } from './Button';
import { Message } from './Message';
import styles from './Message.module.css';

interface BoundaryState {
  readonly error?: unknown;
}

interface BoundaryProps {
  readonly children: ReactNode;
  /** Whether it is a part of a workspace, and no workspace by itself. */
  readonly isPart?: boolean;
}

/** Keeps a fault in one workspace, or a part of the page that could not be loaded, from taking the others with it. */
export class WorkspaceBoundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = {};

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error };
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    console.error(error, componentStack);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const broken = <BrokenWorkspace report={problemOf(error).report} onRetry={() => this.setState({ error: undefined })} />;
    return this.props.isPart === true ? broken : <main className={styles.alone}>{broken}</main>;
  }
}

function BrokenWorkspace({ report, onRetry }: { readonly report: string; readonly onRetry: () => void }) {
  const t = useTranslations('shell.broken');
  return (
    <Message
      tone="danger"
      icon="alert"
      title={t('title')}
      report={report}
      urgent
      actions={
        <>
          <Button kind="primary" icon="reset" onClick={onRetry}>
            {t('retry')}
          </Button>
          <Button onClick={() => window.location.reload()}>{t('reload')}</Button>
        </>
      }
    >
      <p>{t('words')}</p>
    </Message>
  );
}
