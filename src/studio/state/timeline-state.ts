import {
  clipsOfMedia,
  conform,
  copyClips,
  insert,
  mediaLengths,
  rational,
  RefusedEdit,
  replaceMedia,
  sequenceFrames,
  toNumber,
  type CopiedClips,
  type Edit,
  type EditLabel,
  type Effect,
  type MediaItem,
  type MediaLengths,
  type OnMeeting,
  type Rational,
  type Refusal,
  type Sequence,
  type SequenceShape,
} from '../../project';
import type { InputState } from '../compose/input-actions';
import type { Clip } from './clip';
import type { EditorState } from './editor-state';
import type { ProjectState } from './project-state';
import type { UiState } from './ui';

/** What dragging a clip, or its edge, does. */
export const timelineTools = ['move', 'slip', 'slide', 'roll'] as const;
export type TimelineTool = (typeof timelineTools)[number];

/** How the timeline is shown and worked on; no part of the project. */
export interface TimelineView {
  readonly pixelsPerFrame: number;
  /** Edits close gaps and make room. */
  readonly ripple: boolean;
  readonly snapping: boolean;
  readonly tool: TimelineTool;
  /** Tracks in time, or a table of the same. */
  readonly form: 'tracks' | 'list';
  /** The marker whose name and colour are being set. */
  readonly marker: string | undefined;
}

/** Frames [start, end) of the sequence, between the in and the out mark. */
export interface MarkedRange {
  readonly start: number;
  readonly end: number;
}

/** What another job begins from: the form of Create takes pipeline, video and region over. */
export interface ComposeRequest {
  readonly pipeline: 'retake' | 'extend';
  /** The video worked on, by its id among the project's media. */
  readonly media: string;
  /** Retake: frames [start, end) of that video. */
  readonly region?: { readonly start: number; readonly end: number };
  /** The clip of the timeline that the result may take the place of. */
  readonly clip?: string;
}

/** Where what was made from a clip's video goes. */
export interface ComposedPlace {
  /** The clip of the timeline. */
  readonly clip: string;
  /** Seconds that were put before what the clip shows. */
  readonly later?: Rational;
}

export interface TimelineState {
  readonly timeline: TimelineView;
  readonly range: MarkedRange | undefined;
  readonly copied: CopiedClips;
  /** Effects to be put on other clips. */
  readonly copiedEffects: readonly Effect[];
  readonly composing: ComposeRequest | undefined;
  /** Said to screen readers; `turn` tells one from the same words said before. */
  readonly said: { readonly words: string; readonly turn: number };

  viewTimeline(change: Partial<TimelineView>): void;
  markRange(range: MarkedRange | undefined): void;
  announce(words: string): void;
  /** Changes the sequence. @returns why it was refused, `nothing` where it changes nothing, undefined when it is done */
  perform(label: EditLabel, edit: Edit, merge?: string): Refusal | 'nothing' | undefined;
  /** Goes back or forth until so many steps are done. */
  jumpTo(steps: number): void;
  copySelection(): void;
  copyEffects(effects: readonly Effect[]): void;
  /** Gives the sequence another size or rate; playhead and marked range keep their times. */
  conformTo(shape: SequenceShape): Refusal | 'nothing' | undefined;
  /** Lengths of the project's media, for edits. */
  lengths(): MediaLengths;
  /**
   * Puts a medium onto the timeline and selects it: at the end, or at a frame. The first one gives an empty sequence its size and rate.
   */
  addToTimeline(item: MediaItem, options?: AddOptions): Refusal | 'nothing' | undefined;
  /** Takes media out of the project that no clip, no generation and no step of undo names. @returns how many */
  removeUnusedMedia(ids?: readonly string[]): number;
  /** Opens Create for a job on a video of the project. */
  composeFrom(request: ComposeRequest): void;
  /** Puts what was made from a clip's video in the place of that clip. */
  replaceComposed(item: MediaItem, place: ComposedPlace): Refusal | 'nothing' | undefined;
}

export interface AddOptions {
  readonly at?: number | 'end';
  readonly onMeeting?: OnMeeting;
  /** Tracks of their kind from the lowest. */
  readonly video?: number;
  readonly audio?: number;
}

export interface TimelineActionsOptions {
  readonly get: () => TimelineState & ProjectState & EditorState & Pick<UiState, 'openWorkspace'>;
  readonly set: (change: Partial<TimelineState & ProjectState>) => void;
  readonly newId: () => string;
}

export function timelineActions({ get, set, newId }: TimelineActionsOptions): TimelineState {
  const perform: TimelineState['perform'] = (label, edit, merge) => {
    const { edited: before } = get();
    try {
      get().change(label, edit, merge);
    } catch (error) {
      if (error instanceof RefusedEdit) return error.reason;
      throw error;
    }
    return get().edited === before ? 'nothing' : undefined;
  };

  return {
    timeline: { pixelsPerFrame: 4, ripple: false, snapping: true, tool: 'move', form: 'tracks', marker: undefined },
    range: undefined,
    copied: [],
    copiedEffects: [],
    composing: undefined,
    said: { words: '', turn: 0 },

    viewTimeline: (change) => set({ timeline: { ...get().timeline, ...change } }),
    markRange: (range) => set({ range }),
    announce: (words) => set({ said: { words, turn: get().said.turn + 1 } }),
    perform,
    jumpTo(steps) {
      for (let left = get().edited.done.length - steps; left > 0; left--) get().undo();
      for (let left = steps - get().edited.done.length; left > 0; left--) get().redo();
    },
    copySelection: () => set({ copied: copyClips(get().edited.sequence, get().selection) }),
    copyEffects: (effects) => set({ copiedEffects: effects }),
    conformTo(shape) {
      const before = toNumber(get().edited.sequence.rate);
      const refused = perform({ key: 'conform' }, conform(shape));
      if (refused !== undefined) return refused;
      const { playhead, range, movePlayhead, edited } = get();
      const ratio = toNumber(edited.sequence.rate) / before;
      if (range !== undefined) {
        const start = Math.round(range.start * ratio);
        set({ range: { start, end: Math.max(start + 1, Math.round(range.end * ratio)) } });
      }
      movePlayhead(Math.floor(playhead * ratio + 1e-6));
      return undefined;
    },
    lengths: () => mediaLengths(get().project.media),
    addToTimeline(item, { at = 'end', onMeeting = at === 'end' ? 'refuse' : 'make-room', video = 0, audio = 0 } = {}) {
      const { sequence } = get().edited;
      const first = sequenceFrames(sequence) === 0;
      const shape = {
        width: clampedSize(item.width ?? sequence.width),
        height: clampedSize(item.height ?? sequence.height),
        rate: item.rate ?? sequence.rate,
      };
      const rate = first ? shape.rate : sequence.rate;
      const clips = clipsOfMedia({ item, rate, video, audio, newId });
      if (clips.length === 0) return 'kind';
      const refused = perform({ key: 'insert', values: { name: item.name } }, (draft) => {
        if (first) conform(shape)(draft);
        insert({ clips, at, onMeeting, newId })(draft);
      });
      if (refused === undefined) set({ selection: clips.map(({ clip }) => clip.id) });
      return refused;
    },
    removeUnusedMedia(ids) {
      const { project, edited } = get();
      // Steps that may be taken back name the media of clips too.
      const named = JSON.stringify([edited, project.generations.map(({ media }) => media)]);
      const kept = project.media.filter(({ id }) => named.includes(JSON.stringify(id)) || ids?.includes(id) === false);
      if (kept.length < project.media.length) set({ project: { ...project, media: kept } });
      return project.media.length - kept.length;
    },
    composeFrom(composing) {
      set({ composing });
      get().openWorkspace('create');
    },
    replaceComposed(item, place) {
      if (!holdsClip(get().edited.sequence, place.clip)) return 'gone';
      return perform({ key: 'replace', values: { name: item.name } }, replaceMedia({ ...place, item }));
    },
  };
}

/** Whether a clip is still on the timeline. */
export const holdsClip = ({ tracks }: Sequence, clip: string): boolean => tracks.some(({ clips }) => clips.some(({ id }) => id === clip));

/** The clip that a job of the form may replace: that of the last request, as long as its video is worked on for what was asked. */
export function clipToReplace({
  composing,
  project,
  inputs,
}: Pick<TimelineState, 'composing'> & Pick<ProjectState, 'project'> & Pick<InputState, 'inputs'>): string | undefined {
  const item = project.media.find(({ id }) => id === composing?.media);
  const { video } = inputs;
  if (video === undefined || item === undefined || video.use !== composing?.pipeline) return undefined;
  return video.picture.facts.fingerprint === item.fingerprint ? composing.clip : undefined;
}

/** Where a clip goes that was made for one of the timeline; undefined for any other clip. */
export function placeOfClip({ replaces, content: { recipe, frameRate } }: Clip): ComposedPlace | undefined {
  if (replaces === undefined) return undefined;
  const { extend } = recipe.job;
  const before = extend?.direction === 'backward' ? extend.frames : 0;
  const later = rational(before * frameRate.denominator, frameRate.numerator);
  return { clip: replaces, ...(before === 0 ? {} : { later }) };
}

/** Within what a sequence may be. */
const clampedSize = (pixels: number): number => Math.min(16_384, Math.max(8, pixels));
