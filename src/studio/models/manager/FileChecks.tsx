import { useTranslations } from 'use-intl';
import type { FileCheck } from '../../../weights';
import type { ModelListing } from '../../../../workers';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { useManager } from './use-manager';
import styles from './Manager.module.css';

/** What a check found, file by file; damaged files can be fetched again, each by itself. */
export function FileChecks({ listing: { name, origin, check } }: { readonly listing: ModelListing }) {
  const t = useTranslations('models.files');
  const found = useManager((state) => state.checks[name]);
  const checks = found?.files;
  const byStructure = found?.by === 'structure';
  const damaged = check?.damaged ?? (checks ?? []).filter((own) => own.damaged.length > 0).map(({ path }) => path);
  const isStored = origin === 'stored';
  if (checks === undefined && damaged.length === 0) return null;
  return (
    <details className={styles.files} open={damaged.length > 0}>
      <summary>
        {damaged.length > 0
          ? t('damaged', { count: damaged.length })
          : t(byStructure ? 'structure' : 'whole', { count: checks?.length ?? 0 })}
      </summary>
      <ul>
        {checks === undefined
          ? damaged.map((path) => <FileRow key={path} {...{ name, path, isStored }} />)
          : checks.map((own) => <FileRow key={own.path} {...{ name, isStored, byStructure }} path={own.path} check={own} />)}
      </ul>
    </details>
  );
}

interface FileRowProps {
  readonly name: string;
  readonly path: string;
  /** What was found on this visit; of an earlier one only the damaged files are known. */
  readonly check?: FileCheck;
  /** Whether no more than its structure was looked at. */
  readonly byStructure?: boolean;
  /** Files of a folder are not fetched again: they are the person's own. */
  readonly isStored: boolean;
}

function FileRow({ name, path, check, byStructure = false, isStored }: FileRowProps) {
  const t = useTranslations('models.files');
  const busy = useManager((state) => state.task !== undefined);
  const mend = useManager((state) => state.mend);
  const isDamaged = check === undefined || check.damaged.length > 0;
  return (
    <li className={styles.file} data-damaged={isDamaged}>
      <Icon name={isDamaged ? 'alert' : 'check'} size={16} />
      <span className={styles.path}>{path}</span>
      <span className={styles.found}>
        {!isDamaged
          ? t(byStructure ? 'sound' : 'asItWas')
          : check === undefined
            ? t('isDamaged')
            : check.problem !== undefined
              ? check.problem
              : check.bytes.found === 0
                ? t('missing')
                : t('pieces', { count: check.damaged.length })}
      </span>
      {isDamaged && isStored && (
        <Button
          size="small"
          icon="download"
          aria-label={t('fetchAgainNamed', { path })}
          aria-disabled={busy}
          onClick={() => busy || void mend(name, path)}
        >
          {t('fetchAgain')}
        </Button>
      )}
    </li>
  );
}
