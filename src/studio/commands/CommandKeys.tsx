import { Fragment } from 'react';
import { useTranslations } from 'use-intl';
import { useCommandRegistry, useKeysOf } from './context';
import type { CommandId } from './declarations';
import { hasAppleKeys, partsOfKey, type Key } from './keys';
import styles from './CommandKeys.module.css';

const symbols: Readonly<Record<string, string>> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };

/** Names the parts of keys as they stand on the keyboard at hand. */
export function useKeyNames(): (key: Key) => readonly string[] {
  const t = useTranslations('commands.keyNames');
  const apple = typeof navigator !== 'undefined' && hasAppleKeys(navigator.platform);
  const nameOf = (part: string): string => {
    switch (part) {
      case 'mod':
        return t(apple ? 'modApple' : 'mod');
      case 'ctrl':
      case 'alt':
      case 'shift':
      case 'Space':
      case 'Enter':
      case 'Escape':
      case 'Backspace':
      case 'Delete':
      case 'Home':
      case 'End':
      case 'PageUp':
      case 'PageDown':
      case 'Tab':
        return t(part);
      default:
        return symbols[part] ?? part.toUpperCase();
    }
  };
  return (key) => partsOfKey(key).map(nameOf);
}

/** One key, drawn. */
export function KeyCaps({ value }: { readonly value: Key }) {
  const namesOf = useKeyNames();
  return (
    <span className={styles.key}>
      {namesOf(value).map((name, at) => (
        <Fragment key={name}>
          {at > 0 && ' '}
          <kbd>{name}</kbd>
        </Fragment>
      ))}
    </span>
  );
}

/** The first key of a command; nothing where it has none. */
export function CommandKeys({ command }: { readonly command: CommandId }) {
  const [key] = useKeysOf(useCommandRegistry(), command);
  return key === undefined ? null : <KeyCaps value={key} />;
}
