import type { useTranslations } from 'use-intl';
import { countedFrames, rational, type Clip } from '../../../project';
import type { MenuEntry } from '../../components/ActionMenu';
import type { Units } from '../../i18n/units';
import type { StudioState } from '../../state/studio-store';
import type { TimelineCommands } from './commands';

/** Speeds on offer, in percent; any other is set in the inspector. */
const speeds = [25, 50, 75, 100, 150, 200, 400];

export interface ClipMenuOptions {
  readonly clip: Clip;
  readonly state: Pick<StudioState, 'selection' | 'copied' | 'project' | 'edited'>;
  readonly commands: TimelineCommands;
  readonly t: ReturnType<typeof useTranslations<'timeline'>>;
  readonly units: Units;
}

/** Everything that may be done with a clip, or with the selection that it is in. */
export function clipMenu({ clip, state, commands, t, units }: ClipMenuOptions): MenuEntry[] {
  const { selection, copied, project, edited } = state;
  const ids = selection.includes(clip.id) ? selection : [clip.id];
  const item = clip.kind === 'title' ? undefined : project.media.find(({ id }) => id === clip.media);
  return [
    { label: t('clip.split'), icon: 'split', keys: 'S', run: () => commands.split(ids) },
    { label: t('clip.join'), run: () => commands.join(ids) },
    { label: t('clip.toIn'), keys: 'Q', run: () => commands.trimToPlayhead('start', [clip.id]) },
    { label: t('clip.toOut'), keys: 'W', run: () => commands.trimToPlayhead('end', [clip.id]) },
    'line',
    { label: t('clip.cut'), keys: 'Ctrl+X', run: commands.cut },
    { label: t('clip.copy'), keys: 'Ctrl+C', run: commands.copy },
    { label: t('clip.paste'), keys: 'Ctrl+V', disabled: copied.length === 0, run: commands.paste },
    { label: t('clip.duplicate'), keys: 'Ctrl+D', run: () => commands.duplicate(ids) },
    { label: t('clip.remove'), icon: 'trash', keys: 'Del', run: () => commands.remove(ids, false) },
    { label: t('clip.rippleRemove'), keys: 'Shift+Del', run: () => commands.remove(ids, true) },
    'line',
    ...(clip.kind === 'title' ? [] : [speedMenu(clip, ids, commands, t, units)]),
    ...fadeEntries(clip, countedFrames(edited.sequence.rate), commands, t),
    ...(item?.kind === 'video' && commands.canCompose() ? jobEntries(clip, commands, t) : []),
    'line',
    clip.link === undefined
      ? { label: t('clip.link'), icon: 'link', disabled: ids.length < 2, run: () => commands.link(ids) }
      : { label: t('clip.unlink'), icon: 'link', run: () => commands.unlink(ids) },
    ...(clip.kind === 'picture' && item?.sound !== undefined
      ? [{ label: t('clip.detachSound'), icon: 'volume' as const, run: () => commands.detachSound(clip.id) }]
      : []),
    {
      label: t(clip.enabled ? 'clip.disable' : 'clip.enable'),
      icon: clip.enabled ? 'eye-off' : 'eye',
      run: () => commands.enable(ids, !clip.enabled),
    },
  ];
}

type Words = ClipMenuOptions['t'];

function speedMenu(
  clip: Exclude<Clip, { kind: 'title' }>,
  ids: readonly string[],
  commands: TimelineCommands,
  t: Words,
  { percent }: Units,
): MenuEntry {
  const back = clip.speed.numerator < 0;
  const offer = (keep: 'content' | 'duration'): MenuEntry[] =>
    speeds.map((value) => ({
      label: percent(value / 100),
      checked: Math.abs(clip.speed.numerator) * 100 === value * clip.speed.denominator,
      run: () => commands.speed(ids, rational(back ? -value : value, 100), keep),
    }));
  return {
    label: t('clip.speed'),
    entries: [
      { label: t('clip.keepContent'), entries: offer('content') },
      { label: t('clip.keepDuration'), entries: offer('duration') },
      { label: t(back ? 'clip.forwards' : 'clip.reverse'), run: () => commands.reverse(clip) },
    ],
  };
}

function fadeEntries({ id, fadeIn, fadeOut }: Clip, second: number, commands: TimelineCommands, t: Words): MenuEntry[] {
  return [
    { label: t('clip.fadeIn'), run: () => commands.fade(id, 'in', second) },
    { label: t('clip.fadeOut'), run: () => commands.fade(id, 'out', second) },
    ...(fadeIn + fadeOut > 0 ? [{ label: t('clip.noFades'), run: () => commands.noFades(id) }] : []),
  ];
}

function jobEntries(clip: Clip, commands: TimelineCommands, t: Words): MenuEntry[] {
  return [
    { label: t('clip.retake'), icon: 'reset', run: () => commands.compose(clip, 'retake') },
    { label: t('clip.extend'), icon: 'frame-forward', run: () => commands.compose(clip, 'extend') },
  ];
}
