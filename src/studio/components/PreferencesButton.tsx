import { useId } from 'react';
import { useTranslations } from 'use-intl';
import type { CommandId } from '../commands/declarations';
import { CommandKeys } from '../commands/CommandKeys';
import { useAvailableCommands, useCommandRegistry } from '../commands/context';
import { isLocale, localeNames, locales } from '../i18n/locales';
import { usePreferences } from '../preferences/context';
import { themes } from '../preferences/theme';
import { Icon, type IconName } from './Icon';
import field from './Field.module.css';
import menu from './HeaderMenu.module.css';
import styles from './PreferencesButton.module.css';

const themeIcon = { system: 'auto', light: 'sun', dark: 'moon' } as const;

/** How the studio looks and speaks, and the ways to its commands. */
export function PreferencesButton() {
  const t = useTranslations('shell.preferences');
  const panelId = useId();
  return (
    <>
      <button type="button" className={styles.button} popoverTarget={panelId} aria-label={t('open')} title={t('open')}>
        <Icon name="settings" />
      </button>
      <div id={panelId} popover="auto" className={`${menu.panel} ${styles.panel}`} role="dialog" aria-label={t('title')}>
        <ThemeChoice />
        <LanguageChoice />
        <Ways panelId={panelId} />
      </div>
    </>
  );
}

function ThemeChoice() {
  const t = useTranslations('shell.preferences');
  const { theme, chooseTheme } = usePreferences();
  const name = useId();
  if (chooseTheme === undefined) return null;
  return (
    <fieldset className={styles.themes}>
      <legend className={field.label}>{t('theme')}</legend>
      {themes.map((each) => (
        <label key={each} className={styles.theme}>
          <input type="radio" name={name} checked={theme === each} onChange={() => chooseTheme(each)} />
          <Icon name={themeIcon[each]} size={18} />
          {t(`themes.${each}`)}
        </label>
      ))}
    </fieldset>
  );
}

function LanguageChoice() {
  const t = useTranslations('shell.preferences');
  const { locale, chooseLocale } = usePreferences();
  const id = useId();
  if (chooseLocale === undefined) return null;
  return (
    <div className={styles.language}>
      <label htmlFor={id} className={field.label}>
        {t('language')}
      </label>
      <select
        id={id}
        className={styles.select}
        value={typeof locale === 'string' ? locale : locale.tag}
        onChange={({ target: { value } }) => {
          if (isLocale(value)) chooseLocale(value);
        }}
      >
        {locales.map((each) => (
          <option key={each} value={each} lang={each}>
            {localeNames[each]}
          </option>
        ))}
      </select>
    </div>
  );
}

const ways: readonly { readonly command: CommandId; readonly icon: IconName }[] = [
  { command: 'studio.palette', icon: 'search' },
  { command: 'studio.keys', icon: 'keyboard' },
  { command: 'studio.tour', icon: 'tour' },
];

function Ways({ panelId }: { readonly panelId: string }) {
  const t = useTranslations('commands.titles');
  const registry = useCommandRegistry();
  const available = useAvailableCommands();
  return (
    <ul className={styles.ways}>
      {ways
        .filter(({ command }) => available.includes(command))
        .map(({ command, icon }) => (
          <li key={command}>
            <button
              type="button"
              className={styles.way}
              popoverTarget={panelId}
              popoverTargetAction="hide"
              onClick={() => registry.run(command)}
            >
              <Icon name={icon} size={18} />
              <span>{t(command)}</span>
              <CommandKeys command={command} />
            </button>
          </li>
        ))}
    </ul>
  );
}
