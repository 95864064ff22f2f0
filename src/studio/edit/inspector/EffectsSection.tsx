import { Menu } from '@base-ui/react/menu';
import { useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { effectTypes, isEffectType, type Effect, type EffectType, type PictureClip, type TitleClip } from '../../../project';
import { Icon } from '../../components/Icon';
import { EffectFields } from './EffectFields';
import { useClipEdit } from './use-clip-edit';
import styles from './Inspector.module.css';

export interface EffectsSectionProps {
  readonly clip: PictureClip | TitleClip;
}

/** What is done to a picture, in order: effects are added from a menu, switched off, moved, and set back. */
export function EffectsSection({ clip }: EffectsSectionProps) {
  const t = useTranslations('effects');
  const edit = useClipEdit(clip.id);
  const section = useRef<HTMLElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const setEffects = (key: string, change: (effects: readonly Effect[]) => Effect[], merge?: string): void =>
    edit(
      key,
      (draft) => {
        if (draft.kind !== 'sound') draft.effects = change(clip.effects);
      },
      merge,
    );
  const move = (from: number, by: number): void => {
    const to = from + by;
    if (to < 0 || to >= clip.effects.length) return;
    setEffects('moveEffect', (effects) => {
      const rest = effects.filter((_, at) => at !== from);
      return [...rest.slice(0, to), effects[from], ...rest.slice(to)];
    });
  };
  const toggleOpen = (id: string): void =>
    setClosed(new Set(closed.has(id) ? [...closed].filter((other) => other !== id) : [...closed, id]));
  return (
    <section ref={section} className={styles.section} aria-label={t('effects')}>
      <div className={styles.head}>
        <h3 className={styles.title}>{t('effects')}</h3>
        <AddEffect container={section} onAdd={(type) => setEffects('addEffect', (effects) => [...effects, newEffect(type)])} />
      </div>
      {clip.effects.length === 0 && <p className={styles.note}>{t('none')}</p>}
      <ol className={styles.effects}>
        {clip.effects.map((effect, index) => (
          <EffectItem
            key={effect.id}
            {...{ effect, index, count: clip.effects.length, open: !closed.has(effect.id) }}
            onOpen={() => toggleOpen(effect.id)}
            onMove={(by) => move(index, by)}
            onRemove={() => setEffects('removeEffect', (effects) => effects.filter(({ id }) => id !== effect.id))}
            onChange={(next, key, field) =>
              setEffects(
                key,
                (effects) => effects.map((other) => (other.id === effect.id ? next : other)),
                field === undefined ? undefined : `${effect.id} ${field}`,
              )
            }
          />
        ))}
      </ol>
    </section>
  );
}

const newEffect = (type: EffectType): Effect => ({ id: crypto.randomUUID(), type, enabled: true, parameters: {}, colors: {} });

function AddEffect({
  container,
  onAdd,
}: {
  readonly container: React.RefObject<HTMLElement | null>;
  readonly onAdd: (type: EffectType) => void;
}) {
  const t = useTranslations('effects');
  return (
    <Menu.Root>
      <Menu.Trigger className={styles.add}>
        <Icon name="chevron" size={14} />
        {t('add')}
      </Menu.Trigger>
      <Menu.Portal container={container}>
        <Menu.Positioner className={styles.positioner} positionMethod="fixed" align="end" sideOffset={4}>
          <Menu.Popup className={styles.menu}>
            {effectTypes.map((type) => (
              <Menu.Item key={type} className={styles.item} onClick={() => onAdd(type)}>
                {t(`types.${type}`)}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

interface EffectItemProps {
  readonly effect: Effect;
  readonly index: number;
  readonly count: number;
  readonly open: boolean;
  readonly onOpen: () => void;
  readonly onMove: (by: number) => void;
  readonly onRemove: () => void;
  readonly onChange: (effect: Effect, key: string, field?: string) => void;
}

function EffectItem({ effect, index, count, open, onOpen, onMove, onRemove, onChange }: EffectItemProps) {
  const t = useTranslations('effects');
  const { type } = effect;
  const name = isEffectType(type) ? t(`types.${type}`) : t('unknown', { type });
  const buttons = [
    { key: 'up', icon: 'up', label: t('moveUp', { name }), off: index === 0, run: () => onMove(-1) },
    { key: 'down', icon: 'down', label: t('moveDown', { name }), off: index === count - 1, run: () => onMove(1) },
    { key: 'reset', icon: 'reset', label: t('reset', { name }), off: false, run: () => onChange(resetEffect(effect), 'resetEffect') },
    { key: 'remove', icon: 'trash', label: t('remove', { name }), off: false, run: onRemove },
  ] as const;
  return (
    <li className={styles.effect} data-enabled={effect.enabled}>
      <div className={styles.effectHead}>
        <input
          type="checkbox"
          className={styles.check}
          checked={effect.enabled}
          aria-label={t('enable', { name })}
          onChange={() => onChange({ ...effect, enabled: !effect.enabled }, 'enableEffect')}
        />
        <button type="button" className={styles.disclose} aria-expanded={open} onClick={onOpen}>
          {name}
          <span className={styles.chevron} data-open={open}>
            <Icon name="chevron" size={14} />
          </span>
        </button>
        {buttons.map(({ key, icon, label, off, run }) => (
          <button key={key} type="button" className={styles.small} aria-label={label} title={label} aria-disabled={off} onClick={run}>
            <Icon name={icon} size={16} />
          </button>
        ))}
      </div>
      {open && isEffectType(type) && (
        <EffectFields
          effect={effect}
          type={type}
          onChange={(next, field, key) => onChange(next, key, key === 'keyframe' ? undefined : field)}
        />
      )}
    </li>
  );
}

/** An effect with its defaults; its table stays, for it is what the effect is. */
const resetEffect = ({ id, type, enabled, lut }: Effect): Effect => ({
  ...{ id, type, enabled, parameters: {}, colors: {} },
  ...(lut === undefined ? {} : { lut }),
});
