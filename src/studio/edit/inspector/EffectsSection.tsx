import { Menu } from '@base-ui/react/menu';
import { useMemo, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import {
  commonEffects,
  effectTypes,
  isEffectType,
  likeEffect,
  pasteEffects,
  withEffectChange,
  type EditLabel,
  type Effect,
  type EffectType,
  type PictureClip,
  type TitleClip,
} from '../../../project';
import { Icon, type IconName } from '../../components/Icon';
import { useEditWords } from '../../i18n/use-edit-words';
import { useStudio } from '../../state/context';
import { EffectFields } from './EffectFields';
import { useClipEdit } from './use-clip-edit';
import styles from './Inspector.module.css';

export interface EffectsSectionProps {
  /** At least one; of several, the effects that all of them have are shown as the first one has them. */
  readonly clips: readonly [SeenClip, ...SeenClip[]];
}

type SeenClip = PictureClip | TitleClip;

/** What is done to pictures, in order: effects are added from a menu, switched off, moved, set back, and put on other clips. */
export function EffectsSection({ clips }: EffectsSectionProps) {
  const t = useTranslations('effects');
  const edit = useClipEdit(...clips.map(({ id }) => id));
  const section = useRef<HTMLElement>(null);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const copied = useStudio((state) => state.copiedEffects);
  const copyEffects = useStudio((state) => state.copyEffects);
  const announce = useStudio((state) => state.announce);
  const perform = useStudio((state) => state.perform);
  const words = useEditWords();
  const label: EditLabel = { key: 'pasteEffects', values: { count: copied.length } };
  const paste = pasteEffects({ clips: clips.map(({ id }) => id), effects: copied, newId: () => crypto.randomUUID() });
  const [{ effects: first }] = clips;
  const shown = useMemo(() => commonEffects(clips.map(({ effects }) => effects)), [clips]);
  const several = clips.length > 1;
  const setEffects = (key: string, change: (effects: readonly Effect[]) => Effect[], merge?: string): void =>
    edit(
      key,
      (draft) => {
        const clip = clips.find(({ id }) => id === draft.id);
        if (draft.kind !== 'sound' && clip !== undefined) draft.effects = change(clip.effects);
      },
      merge,
    );
  /** Changes what each clip has of one effect. */
  const setLike = (effect: Effect, key: string, change: (own: Effect) => Effect[], merge?: string): void =>
    setEffects(
      key,
      (effects) => {
        const like = likeEffect(effects, first, effect);
        return effects.flatMap((own) => (own === like ? change(own) : [own]));
      },
      merge,
    );
  const move = (from: number, by: number): void => {
    const to = from + by;
    if (to < 0 || to >= first.length) return;
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
        <span className={styles.headTools}>
          {first.length > 0 && (
            <SmallButton
              icon="copy"
              label={t('copy')}
              onClick={() => {
                copyEffects(first);
                announce(t('copied', { count: first.length }));
              }}
            />
          )}
          {copied.length > 0 && (
            <SmallButton
              icon="paste"
              label={t('paste', { count: copied.length })}
              onClick={() => announce(words.outcome(label, perform(label, paste)))}
            />
          )}
          <AddEffect container={section} onAdd={(type) => setEffects('addEffect', (effects) => [...effects, newEffect(type)])} />
        </span>
      </div>
      {several && <p className={styles.note}>{t('several', { count: clips.length })}</p>}
      {shown.length === 0 && <p className={styles.note}>{t(several ? 'noneInCommon' : 'none')}</p>}
      <ol className={styles.effects}>
        {shown.map(({ effect, differs }, index) => (
          <EffectItem
            key={effect.id}
            {...{ effect, differs, index, count: shown.length, open: !closed.has(effect.id) }}
            onOpen={() => toggleOpen(effect.id)}
            onMove={several ? undefined : (by) => move(index, by)}
            onReset={() => setLike(effect, 'resetEffect', (own) => [resetEffect(own)])}
            onRemove={() => setLike(effect, 'removeEffect', () => [])}
            onChange={(next, key, field) =>
              setLike(
                effect,
                key,
                (own) => [withEffectChange(own, effect, next)],
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

interface SmallButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly off?: boolean;
  readonly onClick: () => void;
}

function SmallButton({ icon, label, off = false, onClick }: SmallButtonProps) {
  return (
    <button type="button" className={styles.small} aria-label={label} title={label} aria-disabled={off} onClick={onClick}>
      <Icon name={icon} size={16} />
    </button>
  );
}

interface EffectItemProps {
  readonly effect: Effect;
  /** Whether another of the clips has it with other values. */
  readonly differs: boolean;
  readonly index: number;
  readonly count: number;
  readonly open: boolean;
  readonly onOpen: () => void;
  /** Undefined where several clips have it in different places. */
  readonly onMove: ((by: number) => void) | undefined;
  readonly onReset: () => void;
  readonly onRemove: () => void;
  readonly onChange: (effect: Effect, key: string, field?: string) => void;
}

function EffectItem({ effect, differs, index, count, open, onOpen, onMove, onReset, onRemove, onChange }: EffectItemProps) {
  const t = useTranslations('effects');
  const { type } = effect;
  const name = isEffectType(type) ? t(`types.${type}`) : t('unknown', { type });
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
        {onMove !== undefined && (
          <>
            <SmallButton icon="up" label={t('moveUp', { name })} off={index === 0} onClick={() => onMove(-1)} />
            <SmallButton icon="down" label={t('moveDown', { name })} off={index === count - 1} onClick={() => onMove(1)} />
          </>
        )}
        <SmallButton icon="reset" label={t('reset', { name })} onClick={onReset} />
        <SmallButton icon="trash" label={t('remove', { name })} onClick={onRemove} />
      </div>
      {differs && <p className={styles.note}>{t('differs')}</p>}
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
