/** Random sequences of edits, and what holds after each of them whatever it was. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MediaItem } from '../media-item';
import { rational, toNumber, type Rational } from '../rational';
import { clipSchema, endOf, type Clip } from '../sequence/clip';
import { emptySequence, sequenceSchema, type Sequence } from '../sequence/sequence';
import { edited, redo, undo, unedited, type Edit } from '../undo';
import * as edits from '.';

const rate = { numerator: 30_000, denominator: 1001 };
const fingerprint = (digit: string): string => `sha256:${digit.repeat(64)}`;
const media: MediaItem[] = [
  {
    ...{ id: 'film', name: 'film.mp4', kind: 'video', fingerprint: fingerprint('1'), bytes: 1, width: 64, height: 64, frames: 97 },
    ...{
      rate: { numerator: 24, denominator: 1 },
      sound: { sampleRate: 48_000, channels: 2, duration: { numerator: 97, denominator: 24 } },
    },
  },
  { id: 'still', name: 'still.png', kind: 'image', fingerprint: fingerprint('2'), bytes: 1, width: 64, height: 64 },
  {
    ...{ id: 'song', name: 'song.wav', kind: 'audio', fingerprint: fingerprint('3'), bytes: 1 },
    sound: { sampleRate: 44_100, channels: 1, duration: { numerator: 7, denominator: 2 } },
  },
];
const lengths = edits.mediaLengths(media);

const speeds: Rational[] = [rational(1), rational(2), rational(1, 2), rational(-1), rational(3, 4), rational(-5, 2)];
const meetings = ['refuse', 'overwrite', 'make-room'] as const;

/** A kind of edit with the numbers that choose what it does to the sequence at hand. */
interface Step {
  readonly kind: keyof typeof kinds;
  readonly a: number;
  readonly b: number;
  readonly by: number;
  readonly flag: boolean;
}

interface At extends Step {
  readonly sequence: Sequence;
  readonly clip: string;
  readonly newId: () => string;
}

const pick = <Item>(items: readonly Item[], at: number): Item => items[at % items.length];

/** Refused as gone where there is none. */
const markerOf = ({ markers }: Sequence, at: number): string => markers.at(at % Math.max(1, markers.length))?.id ?? 'none';

const kinds = {
  insert: ({ a, b, by, newId, sequence }: At): Edit =>
    edits.insert({
      clips: edits.clipsOfMedia({ item: pick(media, a), rate: sequence.rate, video: b % 2, audio: b % 3 === 0 ? 1 : 0, newId }),
      at: a % 4 === 0 ? 'end' : Math.abs(by) * 7,
      onMeeting: pick(meetings, b),
      newId,
    }),
  split: ({ clip, b, sequence, flag, newId }: At): Edit => {
    const { start, duration } = clipOf(sequence, clip);
    return edits.split({ frame: start + (b % duration), clips: flag ? [clip] : undefined, newId });
  },
  trim: ({ clip, by, a, b, flag }: At): Edit =>
    edits.trim({ clip, edge: a % 2 === 0 ? 'start' : 'end', by, ripple: flag, alone: b % 4 === 0, lengths }),
  move: ({ clip, by, a, b, newId }: At): Edit =>
    edits.move({ clips: [clip], by: by * 3, video: (a % 3) - 1, audio: (b % 3) - 1, onMeeting: pick(meetings, a), newId }),
  roll: ({ clip, by, a }: At): Edit => edits.roll({ clip, edge: a % 2 === 0 ? 'start' : 'end', by, lengths }),
  slip: ({ clip, by }: At): Edit => edits.slip({ clips: [clip], by, lengths }),
  slide: ({ clip, by }: At): Edit => edits.slide({ clips: [clip], by, lengths }),
  remove: ({ clip, flag }: At): Edit => edits.remove({ clips: [clip], ripple: flag }),
  speed: ({ clip, a, b, flag }: At): Edit =>
    edits.changeSpeed({ clips: [clip], speed: pick(speeds, a), keep: b % 2 === 0 ? 'content' : 'duration', ripple: flag, lengths }),
  fade: ({ clip, by, flag }: At): Edit => edits.setFade({ clip, edge: flag ? 'in' : 'out', frames: Math.abs(by) }),
  duplicate: ({ clip, a, newId }: At): Edit => edits.duplicate({ clips: [clip], onMeeting: pick(meetings, a), newId }),
  paste: ({ clip, a, by, sequence, newId }: At): Edit =>
    edits.paste({ copied: edits.copyClips(sequence, [clip]), at: Math.abs(by) * 5, onMeeting: pick(meetings, a), newId }),
  join: ({ clip }: At): Edit => edits.join([clip]),
  unlink: ({ clip }: At): Edit => edits.unlink([clip]),
  detach: ({ clip, newId }: At): Edit => edits.detachSound({ clip, media, newId }),
  gap: ({ sequence, a, by, flag }: At): Edit =>
    flag ? edits.closeGaps(pick(sequence.tracks, a).id) : edits.closeGap(pick(sequence.tracks, a).id, Math.abs(by) * 4),
  addTrack: ({ flag, newId }: At): Edit => edits.addTrack(flag ? 'video' : 'audio', newId()),
  reorder: ({ sequence, a, flag }: At): Edit => edits.reorderTrack(pick(sequence.tracks, a).id, flag ? 1 : -1),
  lock: ({ sequence, a, flag }: At): Edit => edits.setTrack(pick(sequence.tracks, a).id, { locked: flag && a % 3 === 0 }),
  marker: ({ by, newId }: At): Edit => edits.addMarker(Math.abs(by), newId()),
  setMarker: ({ sequence, a, by, flag }: At): Edit =>
    edits.setMarker(markerOf(sequence, a), flag ? { frame: by } : { name: `at ${by}`, color: 'blue' }),
  removeMarker: ({ sequence, a }: At): Edit => edits.removeMarker(markerOf(sequence, a)),
} satisfies Record<string, (at: At) => Edit>;

const clipsOf = ({ tracks }: Sequence): Clip[] => tracks.flatMap(({ clips }) => clips);

function clipOf(sequence: Sequence, id: string): Clip {
  const clip = clipsOf(sequence).find((one) => one.id === id);
  if (clip === undefined) throw new Error(`no clip ${id}`);
  return clip;
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom(...(Object.keys(kinds) as Step['kind'][])),
    a: fc.nat(1000),
    b: fc.nat(1000),
    by: fc.integer({ min: -60, max: 60 }),
    flag: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

const fresh = (): Sequence => emptySequence({ width: 640, height: 360, rate });

/** Runs the steps; `look` sees the sequence before and after each one that was done. */
function run(all: readonly Step[], look: (before: Sequence, after: Sequence, step: Step) => void) {
  let count = 0;
  const newId = (): string => `id-${count++}`;
  let state = unedited(fresh());
  for (const item of media) {
    state = edited(
      state,
      { key: 'insert' },
      edits.insert({ clips: edits.clipsOfMedia({ item, rate, newId }), at: 'end', onMeeting: 'refuse', newId }),
    );
  }
  for (const step of all) {
    const before = state.sequence;
    const clips = clipsOf(before);
    if (clips.length === 0 && step.kind !== 'insert') continue;
    try {
      const edit = kinds[step.kind]({ ...step, sequence: before, clip: clips.length === 0 ? '' : pick(clips, step.a).id, newId });
      state = edited(state, { key: step.kind }, edit);
    } catch (error) {
      if (!(error instanceof edits.RefusedEdit)) throw error;
    }
    look(before, state.sequence, step);
  }
  return state;
}

/** Seconds of the sequence at which the media of a clip would begin: the same for all clips of a group that are in sync. */
function clock(clip: Clip): { readonly media: string; readonly speed: number; readonly zero: number } | undefined {
  if (clip.kind === 'title') return undefined;
  const speed = toNumber(clip.speed);
  return { media: clip.media, speed, zero: (clip.start * rate.denominator) / rate.numerator - toNumber(clip.sourceStart) / speed };
}

it('leaves a valid sequence after any edits, whose clips have their own ids and lie within their media', () => {
  fc.assert(
    fc.property(steps, (all) => {
      run(all, (_, sequence) => {
        expect(() => sequenceSchema.parse(sequence)).not.toThrow();
        const clips = clipsOf(sequence);
        expect(new Set(clips.map(({ id }) => id)).size).toBe(clips.length);
        for (const clip of clips) {
          const { before, duration } = edits.reachOf(clip, sequence.rate, lengths);
          expect(before).toBeGreaterThanOrEqual(0);
          expect(clip.duration).toBeLessThanOrEqual(duration);
        }
      });
    }),
    { numRuns: 250 },
  );
});

it('takes every edit back bit for bit, and does it again', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const state = run(all, () => undefined);
      let back = state;
      for (let left = state.done.length; left > 0; left--) back = undo(back);
      expect(JSON.stringify(back.sequence)).toBe(JSON.stringify(fresh()));
      let again = back;
      for (let left = state.done.length; left > 0; left--) again = redo(again);
      expect(again.sequence).toEqual(state.sequence);
    }),
    { numRuns: 100 },
  );
});

it('keeps linked clips in sync', () => {
  fc.assert(
    fc.property(steps, (all) => {
      run(all, (_, sequence, step) => {
        const groups = new Map<string, Clip[]>();
        for (const clip of clipsOf(sequence)) if (clip.link !== undefined) groups.set(clip.link, [...(groups.get(clip.link) ?? []), clip]);
        for (const clips of groups.values()) {
          expect(clips.length, 'a link joins more than one').toBeGreaterThan(1);
          const clocks = clips.map(clock).filter((one) => one !== undefined);
          for (const one of clocks) {
            expect({ media: one.media, speed: one.speed }).toEqual({ media: clocks[0].media, speed: clocks[0].speed });
            expect(Math.abs(one.zero - clocks[0].zero), `sync after ${step.kind}`).toBeLessThan(1e-9);
          }
        }
      });
    }),
    { numRuns: 250 },
  );
});

it('keeps the order of what a ripple moves, and what is on locked tracks', () => {
  fc.assert(
    fc.property(steps, (all) => {
      run(all, (before, after, { kind, flag }) => {
        for (const track of before.tracks) {
          const now = after.tracks.find(({ id }) => id === track.id);
          if (track.locked && now !== undefined && kind !== 'lock') expect(now).toEqual(track);
          if (!flag || (kind !== 'remove' && kind !== 'trim')) continue;
          const stayed = new Set(now?.clips.map(({ id }) => id));
          expect(now?.clips.map(({ id }) => id)).toEqual(track.clips.map(({ id }) => id).filter((id) => stayed.has(id)));
        }
      });
    }),
    { numRuns: 100 },
  );
});

it('cuts without changing a picture, and joins what it cut to what it was', () => {
  fc.assert(
    fc.property(steps, fc.nat(1000), fc.nat(1000), (all, which, where) => {
      const { sequence } = run(all, () => undefined);
      const open = sequence.tracks.filter(({ locked }) => !locked).flatMap(({ clips }) => clips);
      const long = open.filter(({ duration }) => duration > 1);
      if (long.length === 0) return;
      const clip = pick(long, which);
      const frame = clip.start + 1 + (where % (clip.duration - 1));
      let count = 0;
      const newId = (): string => `cut-${count++}`;
      const start = unedited(sequence);
      try {
        const cut = edited(start, { key: 'split' }, edits.split({ frame, clips: [clip.id], newId }));
        expect(shown(cut.sequence)).toEqual(shown(sequence));
        const joined = edited(cut, { key: 'join' }, edits.join([clip.id]));
        expect(withoutLinkNames(joined.sequence)).toEqual(withoutLinkNames(sequence));
      } catch (error) {
        if (!(error instanceof edits.RefusedEdit) || error.reason !== 'locked') throw error;
      }
    }),
    { numRuns: 150 },
  );
});

/** Groups are known by their members: a cut may have given one another name. */
function withoutLinkNames(sequence: Sequence): Sequence {
  const names = new Map<string, string>();
  for (const { id, link } of clipsOf(sequence)) if (link !== undefined && !names.has(link)) names.set(link, id);
  const renamed = (clip: Clip): Clip => (clip.link === undefined ? clip : { ...clip, link: names.get(clip.link) });
  return { ...sequence, tracks: sequence.tracks.map((track) => ({ ...track, clips: track.clips.map(renamed) })) };
}

it('lets a sound that begins before its picture go along with a ripple', () => {
  let count = 0;
  const newId = (): string => `id-${count++}`;
  const film = (): Edit =>
    edits.insert({ clips: edits.clipsOfMedia({ item: media[0], rate, newId }), at: 'end', onMeeting: 'refuse', newId });
  let state = unedited(fresh());
  for (const edit of [film(), film(), film()]) state = edited(state, { key: 'insert' }, edit);
  const picture = (at: number): Clip => state.sequence.tracks[0].clips[at];
  const sound = (at: number): Clip => state.sequence.tracks[1].clips[at];
  // The middle picture begins 10 frames after its sound; the first clip loses 30 from its end, and its sound with it.
  state = edited(state, { key: 'trim' }, edits.trim({ clip: picture(1).id, edge: 'start', by: 10, alone: true, lengths }));
  const before = [picture(1), sound(1), picture(2), sound(2)].map(({ start }) => start);
  state = edited(state, { key: 'trim' }, edits.trim({ clip: picture(0).id, edge: 'end', by: -30, ripple: true, lengths }));
  expect([picture(1), sound(1), picture(2), sound(2)].map(({ start }) => start)).toEqual(before.map((start) => start - 30));
  // Room is made at a frame between the starts of the middle sound and its picture.
  const [beforePicture, beforeSound] = [picture(1), sound(1)];
  const at = beforeSound.start + 4;
  state = edited(
    state,
    { key: 'insert' },
    edits.insert({ clips: edits.clipsOfMedia({ item: media[1], rate, newId }), at, onMeeting: 'make-room', newId }),
  );
  const starts = [beforePicture, beforeSound].map(({ id }) => clipOf(state.sequence, id).start);
  expect(starts).toEqual([beforePicture.start + 120, beforeSound.start + 120]);
});

/** What every track shows at every frame: media and its exact time. */
function shown({ tracks, rate: of }: Sequence): string[][] {
  return tracks.map(({ clips }) =>
    clips.flatMap((clip) =>
      Array.from({ length: clip.duration }, (_, frame) => {
        if (clip.kind === 'title') return `${clip.start + frame}: ${clip.title.text}`;
        const { numerator, denominator } = edits.sourceTime(clip, frame, of);
        return `${clip.start + frame}: ${clip.media} ${numerator}/${denominator}`;
      }),
    ),
  );
}

it('keeps times to the nearest frame when the rate changes, and neighbours together', () => {
  const targets = fc.constantFrom({ numerator: 24, denominator: 1 }, { numerator: 60, denominator: 1 }, { numerator: 25, denominator: 1 });
  fc.assert(
    fc.property(steps, targets, (all, to) => {
      const { sequence } = run(all, () => undefined);
      const state = edited(unedited(sequence), { key: 'conform' }, edits.conform({ rate: to, width: 1280 }));
      expect(() => sequenceSchema.parse(state.sequence)).not.toThrow();
      const seconds = (frame: number, of: Sequence['rate']): number => (frame * of.denominator) / of.numerator;
      for (const was of clipsOf(sequence)) {
        const is = clipOf(state.sequence, was.id);
        if (was.duration < 4) continue;
        expect(Math.abs(seconds(is.start, to) - seconds(was.start, rate))).toBeLessThan(2 / 24);
        expect(Math.abs(seconds(endOf(is), to) - seconds(endOf(was), rate))).toBeLessThanOrEqual(0.5001 * seconds(1, to));
      }
      expect(undo(state).sequence).toEqual(sequence);
    }),
    { numRuns: 60 },
  );
});

it('says what another rate and size would change, and no more than they do', () => {
  const title = (id: string, start: number, duration: number): Clip =>
    clipSchema.parse({
      ...{ kind: 'title', id, start, duration, title: { text: id } },
      opacity: { keyframes: [0, 1, 2].map((frame) => ({ frame, value: 1 })) },
    });
  const sequence = sequenceSchema.parse({
    ...{ width: 640, height: 360, rate: { numerator: 48, denominator: 1 } },
    tracks: [{ id: 'V1', kind: 'video', name: 'V1', clips: [title('a', 0, 48), title('b', 49, 47)] }],
    markers: [10, 11, 12].map((frame) => ({ id: `m${frame}`, frame })),
  });
  const { most, ...told } = edits.conformReport(sequence, { rate: { numerator: 24, denominator: 1 }, width: 360, height: 640 });
  // b begins between two frames of the new rate; of its keyframes at 0, 1 and 2 two meet, as do those of a, and two of the markers.
  expect(told).toEqual({ frames: { before: 96, after: 48 }, clips: 2, moved: 1, keyframesLost: 2, markersMet: 1, aspect: true });
  expect(most).toBeCloseTo(1 / 48, 9);
  expect(edits.conformReport(sequence, {})).toMatchObject({ moved: 0, most: 0, keyframesLost: 0, markersMet: 0, aspect: false });
});
