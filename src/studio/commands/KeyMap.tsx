import { useEffect, useRef, useState, useSyncExternalStore, type KeyboardEvent } from 'react';
import { useTranslations } from 'use-intl';
import { Button, IconButton } from '../components/Button';
import { Dialog } from '../components/Dialog';
import { KeyCaps, useKeyNames } from './CommandKeys';
import { useCommandRegistry, useKeysOf } from './context';
import { commandIds, declarationOf, type CommandDeclaration, type CommandId } from './declarations';
import { hasAppleKeys, keyOf } from './keys';
import { holderOf } from './registry';
import styles from './KeyMap.module.css';

const groups: readonly CommandDeclaration['group'][] = ['general', 'view', 'generate', 'playback', 'timeline'];

/** Every command with its keys, each of which can be changed. @param openings how often it was opened */
export function KeyMap({ openings }: { readonly openings: number }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (openings > 0) dialog.current?.showModal();
  }, [openings]);
  const t = useTranslations('commands');
  const registry = useCommandRegistry();
  const bindings = useSyncExternalStore(registry.subscribe, registry.bindings, registry.bindings);
  return (
    <Dialog dialog={dialog} title={t('map.title')} closeLabel={t('map.close')} size="wide">
      <p className={styles.lead}>{t('map.lead')}</p>
      <div className={styles.groups}>
        {groups.map((group) => (
          <Group key={group} group={group} />
        ))}
      </div>
      {Object.keys(bindings).length > 0 && (
        <div>
          <Button icon="reset" onClick={() => commandIds.forEach((id) => registry.bind(id, undefined))}>
            {t('map.resetAll')}
          </Button>
        </div>
      )}
    </Dialog>
  );
}

function Group({ group }: { readonly group: CommandDeclaration['group'] }) {
  const t = useTranslations('commands');
  const commands = commandIds.filter((id) => declarationOf(id).group === group);
  if (commands.length === 0) return null;
  return (
    <section>
      <h3 className={styles.group}>{t(`groups.${group}`)}</h3>
      <ul>
        {commands.map((command) => (
          <CommandRow key={command} command={command} />
        ))}
      </ul>
    </section>
  );
}

function CommandRow({ command }: { readonly command: CommandId }) {
  const t = useTranslations('commands');
  const registry = useCommandRegistry();
  const keys = useKeysOf(registry, command);
  const namesOf = useKeyNames();
  const [asking, setAsking] = useState(false);
  const [issue, setIssue] = useState<string>();
  const title = t(`titles.${command}`);
  const changed = registry.bindings()[command] !== undefined;

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!asking || event.key === 'Tab') return;
    const key = keyOf(event.nativeEvent, hasAppleKeys(navigator.platform));
    event.preventDefault();
    event.stopPropagation();
    if (key === undefined) return;
    if (key === 'Escape') return setAsking(false);
    const holder = holderOf(registry, command, key);
    if (holder !== undefined) return setIssue(t('map.taken', { key: namesOf(key).join(' '), command: t(`titles.${holder}`) }));
    registry.bind(command, [key]);
    setAsking(false);
  };
  const words = keys.length === 0 ? t('map.noKeys') : keys.map((key) => namesOf(key).join(' ')).join(', ');
  return (
    <li className={styles.row}>
      <span>{title}</span>
      {changed && <IconButton icon="reset" label={t('map.reset', { command: title })} onClick={() => registry.bind(command, undefined)} />}
      <button
        type="button"
        className={styles.keys}
        data-asking={asking}
        aria-label={t('map.change', { command: title, keys: words })}
        onClick={() => {
          setAsking(!asking);
          setIssue(undefined);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => {
          setAsking(false);
          setIssue(undefined);
        }}
      >
        {keys.length === 0 ? (
          <span className={styles.noKeys}>{t('map.noKeys')}</span>
        ) : (
          keys.map((key) => <KeyCaps key={key} value={key} />)
        )}
      </button>
      {asking && (
        <p className={styles.ask} role="status">
          {issue ?? t('map.press')}
        </p>
      )}
    </li>
  );
}
