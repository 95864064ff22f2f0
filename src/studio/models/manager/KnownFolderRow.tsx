import { useTranslations } from 'use-intl';
import { IconButton } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { Facts } from '../../components/ModelSection';
import { useStudio } from '../../state/context';
import type { WaitingFolder } from '../model-actions';
import named from '../../components/Named.module.css';
import styles from './Manager.module.css';

/** A folder of an earlier visit: the browser asks the person before the page may read it again. */
export function KnownFolderRow({ folder: { id, name, refused }, locked }: { readonly folder: WaitingFolder; readonly locked: boolean }) {
  const t = useTranslations('models');
  const openKnownFolder = useStudio((state) => state.openKnownFolder);
  const forgetFolder = useStudio((state) => state.forgetFolder);
  return (
    <li className={styles.row}>
      <div className={styles.head}>
        <button
          type="button"
          className={styles.choice}
          aria-disabled={locked}
          onClick={() => {
            if (!locked) void openKnownFolder(id);
          }}
        >
          <span className={styles.mark} aria-hidden="true">
            <Icon name="folder" size={16} />
          </span>
          <span className={named.words}>
            <span className={named.name}>{t('openNamed', { name })}</span>
            <Facts>{refused ? [t('refused')] : [t('ofEarlierVisit'), t('asksLeave')]}</Facts>
          </span>
        </button>
        <div className={styles.actions}>
          <IconButton icon="close" label={t('forget', { name })} onClick={() => void forgetFolder(id)} />
        </div>
      </div>
    </li>
  );
}
