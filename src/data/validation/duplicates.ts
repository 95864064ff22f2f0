/**
 * Clips that show the same: coded again, scaled, brighter or darker, cropped, mirrored. Each clip is known by thumbnails of
 * frames at the same parts of its length. A coarse search finds the crops that may be the same; what is near is aligned, and judged by what
 * then still differs, place by place.
 */
import type { ClipSignature } from './clip-signature';
import { fingerprintOf, nearestCrops, type NearCrop } from './coarse-search';
import { ConnectedGroups } from './connected-groups';
import { alignCrop, prepareAlignment } from './crop-alignment';
import { agreementOf } from './crop-judgement';
import type { Box } from './integral';
import { THUMBNAIL_SIDE } from './thumbnail';

/** Two clips that show the same. */
export interface DuplicatePair {
  /** Places in the list of clips. `crop` shows the part `box` of what `whole` shows, in shares of its sides. */
  readonly whole: number;
  readonly crop: number;
  readonly box: Box;
  readonly mirrored: boolean;
}

/** What shows the same in a list of clips. */
export interface Duplicates {
  /** Enough pairs to connect all that do. */
  readonly pairs: readonly DuplicatePair[];
  /** Places of the clips that are connected, each group in ascending order, by their least. */
  readonly groups: readonly (readonly number[])[];
}

interface Candidate extends NearCrop {
  readonly whole: number;
  readonly crop: number;
}

/**
 * Finds clips that show the same. What looks most alike is compared first, and two that others connect are not compared any more. Time is
 * quadratic in the number of clips, at about a microsecond a pair and thousand crops; clips that begin or end at other moments are not found.
 */
export function findDuplicates(clips: readonly ClipSignature[]): Duplicates {
  const aligned = clips.map(prepareAlignment);
  const groups = new ConnectedGroups(clips.length);
  const pairs: DuplicatePair[] = [];
  for (const { whole, crop, box: guess, mirrored } of candidatesOf(clips)) {
    if (groups.connected(whole, crop)) continue;
    const box = alignCrop(aligned[crop], aligned[whole], guess, mirrored);
    if (box === undefined || agreementOf(clips[crop], clips[whole], box, mirrored) === undefined) continue;
    pairs.push({ whole, crop, box: sharesOf(box), mirrored });
    groups.connect(whole, crop);
  }
  return { pairs, groups: groups.groups() };
}

/** Pairs that the coarse search takes for alike, the nearest first; either of two may be a crop of the other, and two of one size are both. */
function candidatesOf(clips: readonly ClipSignature[]): Candidate[] {
  const fingerprints = clips.map(fingerprintOf);
  const candidates: Candidate[] = [];
  for (const [whole, other] of fingerprints.entries()) {
    for (const [crop, own] of fingerprints.entries()) {
      if (whole === crop || own === undefined || other === undefined) continue;
      for (const near of nearestCrops(own, other)) candidates.push({ whole, crop, ...near });
    }
  }
  return candidates.sort((a, b) => a.distance - b.distance || a.whole - b.whole || a.crop - b.crop);
}

const sharesOf = ({ left, top, width, height }: Box): Box => ({
  left: left / THUMBNAIL_SIDE,
  top: top / THUMBNAIL_SIDE,
  width: width / THUMBNAIL_SIDE,
  height: height / THUMBNAIL_SIDE,
});
