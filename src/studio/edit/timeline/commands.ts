/** Everything that the timeline's buttons, keys and menus do, each said aloud when it is done. */
import type { useTranslations } from 'use-intl';
import {
  addMarker,
  addTrack,
  changeSpeed,
  clipAt,
  closeGap,
  closeGaps,
  detachSound,
  duplicate,
  enableClips,
  endOf,
  formatTimecode,
  join,
  link,
  move,
  paste,
  pasteEffects,
  rational,
  remove,
  removeMarker,
  removeTrack,
  reorderTrack,
  roll,
  setFade,
  setMarker,
  setTrack,
  slide,
  slip,
  split,
  trim,
  unlink,
  type Clip,
  type Edge,
  type Edit,
  type EditLabel,
  type MarkerChange,
  type MediaItem,
  type Rational,
  type Track,
} from '../../../project';
import type { EditWords } from '../../i18n/use-edit-words';
import type { StudioState, StudioStore } from '../../state/studio-store';
import { shownWorkspaces } from '../../state/ui';
import { composeRequestOf } from './compose-request';
import { clampZoom } from './timeline-scale';

export type TimelineCommands = ReturnType<typeof timelineCommands>;

export interface CommandsOptions {
  readonly store: StudioStore;
  readonly words: EditWords;
  readonly t: ReturnType<typeof useTranslations<'timeline'>>;
}

const newId = (): string => crypto.randomUUID();

export function timelineCommands({ store, words, t }: CommandsOptions) {
  const get = (): StudioState => store.getState();
  const sequence = (): StudioState['edited']['sequence'] => get().edited.sequence;
  const clips = (): Clip[] => sequence().tracks.flatMap((track) => track.clips);
  const at = (frame: number): string => formatTimecode(frame, sequence().rate);

  /** Does an edit and says what it came to. @returns whether it was done */
  const perform = (label: EditLabel, edit: Edit, merge?: string): boolean => {
    const refused = get().perform(label, edit, merge);
    get().announce(words.outcome(label, refused));
    return refused === undefined;
  };

  /** The selection, or the clips under the playhead on tracks that are not locked. */
  const atHand = (): readonly string[] => {
    const { selection, playhead } = get();
    const there = new Set(clips().map(({ id }) => id));
    const selected = selection.filter((id) => there.has(id));
    if (selected.length > 0) return selected;
    return sequence().tracks.flatMap((track) => {
      const clip = track.locked ? undefined : clipAt(track.clips, playhead);
      return clip === undefined ? [] : [clip.id];
    });
  };

  const onMeeting = (): 'make-room' | 'overwrite' => (get().timeline.ripple ? 'make-room' : 'overwrite');
  const clipOf = (id: string): Clip | undefined => clips().find((clip) => clip.id === id);

  const commands = {
    perform,
    outcome: words.outcome,
    clipOf,
    at,

    undo() {
      const step = get().edited.done.at(-1);
      if (step === undefined) return;
      get().undo();
      get().announce(words.undone(step.label));
    },
    redo() {
      const step = get().edited.undone.at(-1);
      if (step === undefined) return;
      get().redo();
      get().announce(words.redone(step.label));
    },

    split(ids?: readonly string[]) {
      const { selection, playhead } = get();
      const chosen = ids ?? selection.filter((id) => clipOf(id) !== undefined);
      perform({ key: 'split' }, split({ frame: playhead, clips: chosen.length === 0 ? undefined : chosen, newId }));
    },
    join: (ids = atHand()) => perform({ key: 'join' }, join(ids)),
    remove(ids: readonly string[] = atHand(), ripple = get().timeline.ripple) {
      if (ids.length === 0) return;
      perform({ key: ripple ? 'rippleRemove' : 'remove', values: { count: ids.length } }, remove({ clips: ids, ripple }));
    },
    copy() {
      get().copySelection();
      get().announce(t('keys.copied', { count: get().copied.length }));
    },
    cut() {
      get().copySelection();
      if (get().copied.length === 0) return;
      perform({ key: 'cut' }, remove({ clips: get().selection, ripple: get().timeline.ripple }));
    },
    paste() {
      const { copied, playhead } = get();
      if (copied.length > 0) perform({ key: 'paste' }, paste({ copied, at: playhead, onMeeting: onMeeting(), newId }));
    },
    /** The effects of the first clip of the selection that is seen. */
    copyEffects() {
      const clip = atHand()
        .map(clipOf)
        .find((one) => one !== undefined && one.kind !== 'sound');
      if (clip === undefined) return;
      get().copyEffects(clip.effects);
      get().announce(t('keys.effectsCopied', { count: clip.effects.length }));
    },
    pasteEffects() {
      const { copiedEffects: effects } = get();
      if (effects.length === 0) return;
      perform({ key: 'pasteEffects', values: { count: effects.length } }, pasteEffects({ clips: atHand(), effects, newId }));
    },
    duplicate(ids: readonly string[] = atHand()) {
      if (ids.length > 0) perform({ key: 'duplicate' }, duplicate({ clips: ids, onMeeting: 'make-room', newId }));
    },
    link: (ids: readonly string[]) => perform({ key: 'link' }, link(ids, newId())),
    unlink: (ids: readonly string[]) => perform({ key: 'unlink' }, unlink(ids)),
    detachSound: (clip: string) => perform({ key: 'detachSound' }, detachSound({ clip, media: get().project.media, newId })),
    enable: (ids: readonly string[], enabled: boolean) => perform({ key: enabled ? 'enable' : 'disable' }, enableClips(ids, enabled)),
    speed(ids: readonly string[], speed: Rational, keep: 'content' | 'duration' = 'content') {
      const percent = Math.round((Math.abs(speed.numerator) / speed.denominator) * 100);
      const label = speed.numerator < 0 ? { key: 'reverse' } : { key: 'speed', values: { percent } };
      perform(label, changeSpeed({ clips: ids, speed, keep, ripple: get().timeline.ripple, lengths: get().lengths() }));
    },
    reverse(clip: Clip) {
      if (clip.kind === 'title') return;
      commands.speed([clip.id], rational(-clip.speed.numerator, clip.speed.denominator));
    },
    fade: (clip: string, edge: 'in' | 'out', frames: number) => perform({ key: 'fade' }, setFade({ clip, edge, frames })),
    noFades(clip: string) {
      perform({ key: 'fade' }, (draft) => {
        setFade({ clip, edge: 'in', frames: 0 })(draft);
        setFade({ clip, edge: 'out', frames: 0 })(draft);
      });
    },

    /** Moves, slips or slides by frames: keys that follow each other are one step. */
    nudge(by: number, tracksUp = 0) {
      const ids = get().selection;
      if (ids.length === 0) return;
      const { tool } = get().timeline;
      const lengths = get().lengths();
      const merge = `nudge ${tool} ${ids.join()}`;
      if (tool === 'slip') return void perform({ key: 'slip' }, slip({ clips: ids, by, lengths }), merge);
      if (tool === 'slide') return void perform({ key: 'slide' }, slide({ clips: ids, by, lengths }), merge);
      const sound = clipOf(ids[0])?.kind === 'sound';
      // Sound lies upside down: its first track is the topmost.
      const tracks = sound ? { audio: -tracksUp } : { video: tracksUp };
      perform({ key: 'move' }, move({ clips: ids, by, ...tracks, onMeeting: 'refuse', newId }), merge);
    },
    trimBy(edge: Edge, by: number) {
      const [clip] = get().selection;
      if (clip === undefined) return;
      const { tool, ripple } = get().timeline;
      const lengths = get().lengths();
      const merge = `trim ${tool} ${edge} ${clip}`;
      if (tool === 'roll') perform({ key: 'roll' }, roll({ clip, edge, by, lengths }), merge);
      else perform({ key: 'trim' }, trim({ clip, edge, by, ripple, lengths }), merge);
    },
    /** Lets a clip begin or end at the playhead. */
    trimToPlayhead(edge: Edge, ids: readonly string[] = atHand()) {
      const clip = clipOf(ids[0] ?? '');
      if (clip === undefined) return;
      const by = get().playhead - (edge === 'start' ? clip.start : endOf(clip));
      perform({ key: 'trim' }, trim({ clip: clip.id, edge, by, ripple: get().timeline.ripple, lengths: get().lengths() }));
    },

    addTrack: (kind: Track['kind']) => perform({ key: 'addTrack' }, addTrack(kind, newId())),
    removeTrack: (track: string) => perform({ key: 'removeTrack' }, removeTrack(track)),
    /** Up on the screen: sound lies upside down. */
    raiseTrack: ({ id, kind }: Track, by: number) => perform({ key: 'reorderTrack' }, reorderTrack(id, kind === 'audio' ? -by : by)),
    renameTrack: (track: string, name: string) => perform({ key: 'rename' }, setTrack(track, { name })),
    muteTrack: (track: string, muted: boolean) => perform({ key: muted ? 'muteTrack' : 'unmuteTrack' }, setTrack(track, { muted })),
    lockTrack: (track: string, locked: boolean) => perform({ key: locked ? 'lockTrack' : 'unlockTrack' }, setTrack(track, { locked })),
    closeGap: (track: string, frame: number) => perform({ key: 'closeGap' }, closeGap(track, frame)),
    closeGaps: (track: string) => perform({ key: 'closeGaps' }, closeGaps(track)),

    /** A marker at the playhead; one that stands there already is opened. */
    marker() {
      const { playhead } = get();
      const there = sequence().markers.find(({ frame }) => frame === playhead);
      if (there === undefined) perform({ key: 'marker' }, addMarker(playhead, newId()));
      else commands.openMarker(there.id);
    },
    openMarker: (id: string | undefined) => get().viewTimeline({ marker: id }),
    setMarker: (id: string, change: MarkerChange, merge?: string) => perform({ key: 'setMarker' }, setMarker(id, change), merge),
    removeMarker: (id: string) => perform({ key: 'removeMarker' }, removeMarker(id)),
    /** To the next marker in a direction, as far as the sequence goes. */
    goToMarker(direction: 1 | -1) {
      const { playhead } = get();
      const frames = sequence()
        .markers.map(({ frame }) => frame)
        .filter((frame) => (frame - playhead) * direction > 0)
        .sort((one, other) => (one - other) * direction);
      if (frames.length === 0) get().announce(t('markers.none'));
      else commands.goTo(frames[0]);
    },
    toggleSnapping() {
      const snapping = !get().timeline.snapping;
      get().viewTimeline({ snapping });
      get().announce(t(snapping ? 'keys.snapOn' : 'keys.snapOff'));
    },
    toggleRipple() {
      const ripple = !get().timeline.ripple;
      get().viewTimeline({ ripple });
      get().announce(t(ripple ? 'keys.rippleOn' : 'keys.rippleOff'));
    },
    zoomBy: (factor: number) => get().viewTimeline({ pixelsPerFrame: clampZoom(get().timeline.pixelsPerFrame * factor) }),

    selectAll() {
      const all = sequence().tracks.flatMap((track) => (track.locked ? [] : track.clips.map(({ id }) => id)));
      get().selectClips(all);
      get().announce(t('keys.selected', { count: all.length }));
    },
    /** The clip, and what is linked with it. */
    selectGroup(clip: Clip, adding = false) {
      const group = clip.link === undefined ? [clip.id] : clips().flatMap(({ id, link: of }) => (of === clip.link ? [id] : []));
      const { selection } = get();
      if (!adding) get().selectClips([clip.id, ...group.filter((id) => id !== clip.id)]);
      else if (selection.includes(clip.id)) get().selectClips(selection.filter((id) => !group.includes(id)));
      else get().selectClips([...selection, ...group]);
    },
    goTo(frame: number) {
      get().seek(frame);
      get().announce(at(frame));
    },

    canCompose: () => shownWorkspaces(get()).includes('create'),
    /** Opens Create for the marked part of a clip, or for going on from its end. */
    compose(clip: Clip, pipeline: 'retake' | 'extend') {
      const { project, range } = get();
      const item = clip.kind === 'title' ? undefined : project.media.find(({ id }) => id === clip.media);
      if (item !== undefined) get().composeFrom(composeRequestOf(clip, item, pipeline, range, sequence().rate));
    },
  };
  return commands;
}

/** What a clip is called: its own name, the words of a title, or the name of its file. */
export function clipName(clip: Clip, media: readonly MediaItem[]): string {
  if (clip.name !== undefined && clip.name !== '') return clip.name;
  if (clip.kind === 'title') return clip.title.text;
  return media.find(({ id }) => id === clip.media)?.name ?? '';
}
