import { AiprodError } from '../errors';
import { concat, slice, type Tensor } from '../graph';

/**
 * What is left out of a block:
 * - `block`: all of it; the block returns its input (STG-R of Hyung et al., "Spatiotemporal Skip Guidance", 2024; skip-layer guidance);
 * - `attention`: self-attention returns its input;
 * - `attention-values`: self-attention returns its value projection, as if every token attended to itself alone (STG-A; perturbed
 *   attention, Ahn et al. 2024; what LTX-Video and LTX-2 do);
 * - `feed-forward`: the feed-forward layer returns its input;
 * - `audio-to-video`, `video-to-audio`: picture does not attend to sound, sound not to picture (modality guidance of LTX-2).
 */
export type PerturbationKind = 'block' | 'attention' | 'attention-values' | 'feed-forward' | 'audio-to-video' | 'video-to-audio';

/** Parts of a pass to leave out, for guidance that needs a weaker prediction. Plain data. */
export interface Perturbation {
  readonly kind: PerturbationKind;
  /** Numbers of the blocks. */
  readonly blocks: readonly number[];
  /** Samples of the batch that it is for. Default all. */
  readonly rows?: readonly number[];
}

/** Samples of a batch that go one of two ways, each in rising order. */
export interface RowChoice {
  readonly usual: readonly number[];
  readonly perturbed: readonly number[];
}

/** @throws AiprodError `bad-usage` for a block or a sample that is not there. */
export function requirePerturbations(perturbations: readonly Perturbation[], blocks: number, batch: number): void {
  const require = (what: string, values: readonly number[], count: number): void => {
    const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value >= count);
    if (wrong === undefined) return;
    throw new AiprodError('bad-usage', `there is no ${what} ${wrong} to perturb`, {
      expected: `a whole number from 0 to ${count - 1}`,
      found: String(wrong),
    });
  };
  for (const perturbation of perturbations) {
    require('block', perturbation.blocks, blocks);
    require('sample', perturbation.rows ?? [], batch);
  }
}

/** Which samples of a batch have a kind of perturbation in a block. */
export function rowChoice(perturbations: readonly Perturbation[], kind: PerturbationKind, block: number, batch: number): RowChoice {
  const here = perturbations.filter((perturbation) => perturbation.kind === kind && perturbation.blocks.includes(block));
  const all = Array.from({ length: batch }, (_, row) => row);
  const isPerturbed = (row: number): boolean => here.some(({ rows }) => rows === undefined || rows.includes(row));
  return { usual: all.filter((row) => !isPerturbed(row)), perturbed: all.filter(isPerturbed) };
}

/** Perturbations of a batch that is made of some samples of another. */
export function perturbationsOfRows(perturbations: readonly Perturbation[], kept: readonly number[]): Perturbation[] {
  return perturbations.map(({ rows, ...rest }) =>
    rows === undefined ? rest : { ...rest, rows: kept.flatMap((row, at) => (rows.includes(row) ? [at] : [])) },
  );
}

/** Samples of a batch, in the given rising order; `x` itself when all are taken or when it is one for all. */
export function takeRows(x: Tensor, rows: readonly number[], batch: number): Tensor {
  if (rows.length === batch || x.shape[0] !== batch) return x;
  return concat(
    runsOf(rows).map(([start, length]) => slice(x, 0, start, length)),
    0,
  );
}

/** Puts the samples of the two ways back into their order. Either may be absent where no sample went its way. */
export function joinRows(choice: RowChoice, usual: () => Tensor, perturbed: () => Tensor): Tensor {
  if (choice.perturbed.length === 0) return usual();
  if (choice.usual.length === 0) return perturbed();
  const ways = [
    { x: usual(), rows: choice.usual },
    { x: perturbed(), rows: choice.perturbed },
  ];
  const parts = ways.flatMap(({ x, rows }) => {
    let at = 0;
    return runsOf(rows).map(([start, length]) => {
      const part = { start, x: slice(x, 0, at, length) };
      at += length;
      return part;
    });
  });
  return concat(
    parts.sort((a, b) => a.start - b.start).map((part) => part.x),
    0,
  );
}

/** Rising numbers as runs of neighbours: start and length. */
function runsOf(rows: readonly number[]): [start: number, length: number][] {
  const runs: [number, number][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === row) last[1]++;
    else runs.push([row, 1]);
  }
  return runs;
}
