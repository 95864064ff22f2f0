import { AiprodError } from '../../errors';
import {
  fuse,
  planProgram,
  removeDeadCode,
  storeParametersAs,
  type Capabilities,
  type EncodingOf,
  programFlops,
  storageBytes,
  type Graph,
  type Program,
  type ProgramMemory,
} from '../../graph';
import { isCarried, type VideoPart, type VideoShape } from '../../models';
import { pixelShapeOfLatents, type VaeSplit, type VideoVae } from '../video-vae';
import { exactOverlap, type Blend } from './blends';
import type { TilingSettings, TilingStrategy } from './settings';
import { evenSpans, latentSize, recomputation, tileCount, type LatentSize, type VaeGeometry } from './tile-plan';

/** Overlaps of the LTX-2 reference, in frames and pixels: where adaptive tiling begins to measure, and what uniform tiling takes. */
export const referenceOverlap = { frames: 24, pixels: 64 } as const;

/** Exact tiles are taken where they decode at most this many times what there is. */
const exactWorth = 2;

const axes = ['frames', 'rows', 'columns'] as const;

/** How a video is decoded or encoded on a device: known, and its memory exact, before a weight is read. */
export interface TilingChoice {
  readonly direction: Direction;
  readonly strategy: TilingStrategy;
  readonly blend: Blend;
  /** Size of every tile, in latents. */
  readonly tile: LatentSize;
  /** Least overlap of neighbours, in latents. */
  readonly overlap: LatentSize;
  /** Whether tiles are the decode of the whole by the network's receptive field; always so without tiles. */
  readonly exact: boolean;
  /** Decodes or encodes one tile; every tile has its shape. Of a VAE that goes through time in parts, a later part of a tile. */
  readonly program: Program;
  /** Of a VAE that goes through time in parts, the first part of a tile; undefined where there is one frame of latents only. */
  readonly first?: Program;
  /**
   * Of a VAE whose attention sees the whole of a frame, where the picture has tiles: what goes through whole frames, before the tiles of a
   * decode and after those of an encode. Its weights and values are not held beside those of the tiles.
   */
  readonly wholeFrames?: Parts;
}

/** A program, or of a VAE that goes through time in parts the programs of the first part and of the later ones. */
export type Parts = Pick<TilingChoice, 'program' | 'first'>;

/** What runs a choice. */
type Programs = Pick<TilingChoice, 'program' | 'first' | 'wholeFrames'>;

export type Direction = 'decode' | 'encode';

export interface TilingRequest {
  /** Default decode. */
  readonly direction?: Direction;
  readonly vae: VideoVae;
  /** [1, C, F, H, W] of the latents, in both directions. */
  readonly latentShape: VideoShape;
  readonly dtype: 'f32' | 'f16';
  readonly capabilities: Capabilities;
  /** Most bytes of GPU memory that it may take; without one, only what the device can bind counts. */
  readonly budgetBytes?: number;
  readonly settings?: TilingSettings;
  /** Weights that stay encoded in GPU memory; none unless told. */
  readonly encodingOf?: EncodingOf;
}

/** What a decode of a shape takes: a program, or why there is none. */
type Candidate = Fitting | { readonly refusal: AiprodError };
type Fitting = Programs & { readonly bytes: number };

/**
 * Chooses how to decode or encode: the whole where it fits, else the tiles that decode least twice over. Candidates are compiled, so that
 * their memory is exact; one that did not fit rules out all that are larger in every axis. Frames to encode come as a stream, of which
 * nothing can be measured ahead, so that an encode is the whole or has even tiles.
 *
 * @throws AiprodError `out-of-memory` with what the smallest tile takes when even that does not fit
 */
export function chooseTiling(request: TilingRequest): TilingChoice {
  const { vae, direction = 'decode', latentShape, budgetBytes = Number.POSITIVE_INFINITY, settings = 'auto' } = request;
  const latents = latentSize(latentShape);
  const wantedStrategy = settings === 'auto' ? 'adaptive' : settings.strategy;
  const blend = settings === 'auto' ? 'trapezoid' : settings.blend;
  requireNoTilesInTime(vae, settings);
  const fits = fitter(request);

  if (settings === 'auto' || wantedStrategy === 'none') {
    const whole = fits(latents);
    if ('program' in whole && whole.bytes <= budgetBytes) {
      const overlap = { frames: 0, rows: 0, columns: 0 };
      return { direction, strategy: 'none', blend, tile: latents, overlap, exact: true, ...programsOf(whole) };
    }
    if (wantedStrategy === 'none') throw refusal(whole, latents, request, 'Leave the tiling to auto, or raise --memory-budget');
  }

  const strategy = direction === 'encode' ? 'uniform' : wantedStrategy;
  const exact = exactOverlaps(vae, direction);
  const wanted = wantedOverlap(vae, settings);
  const sizes = wantedTile(vae, latents, settings);
  if (wantedStrategy === 'adaptive' && wanted === undefined) {
    const found = largest(latents, sizes, exact, fits, budgetBytes);
    if (found !== undefined && recomputation(latents, evenSpans(latents, found.tile, found.overlap)) <= exactWorth) {
      return { direction, strategy, blend, ...found, exact: true };
    }
  }
  const overlap = wanted ?? referenceOverlaps(vae);
  requireLargerTile(latents, sizes, overlap);
  const found = largest(latents, sizes, overlap, fits, budgetBytes);
  if (found === undefined) {
    const smallest = smallestTile(latents, sizes, overlap);
    throw refusal(fits(smallest), smallest, request, 'Choose a smaller overlap or dtype f16, or raise --memory-budget');
  }
  const isExact = axes.every((axis) => found.tile[axis] >= latents[axis] || found.overlap[axis] >= exact[axis]);
  return { direction, strategy, blend, ...found, exact: isExact };
}

/** Tiles of a choice, before an adaptive one measures. */
export function expectedTiles({ tile, overlap }: TilingChoice, latentShape: VideoShape): number {
  return tileCount(evenSpans(latentSize(latentShape), tile, overlap));
}

/** Overlaps from which tiles are the decode or encode of the whole, in latents. */
export function exactOverlaps({ context }: VaeGeometry, direction: Direction = 'decode'): LatentSize {
  const { frames, space } = context[direction];
  return { frames: exactOverlap(frames), rows: exactOverlap(space), columns: exactOverlap(space) };
}

/** {@link referenceOverlap} in latents. */
export function referenceOverlaps({ ratios: { spatial, temporal } }: Pick<VaeGeometry, 'ratios'>): LatentSize {
  const space = Math.ceil(referenceOverlap.pixels / spatial);
  return { frames: Math.ceil(referenceOverlap.frames / temporal), rows: space, columns: space };
}

function wantedOverlap(vae: VaeGeometry, settings: TilingSettings): LatentSize | undefined {
  if (settings === 'auto' || settings.overlap === undefined) return undefined;
  const { spatial, temporal } = vae.ratios;
  const reference = referenceOverlaps(vae);
  const { frames, pixels } = settings.overlap;
  const space = pixels === undefined ? reference.rows : Math.ceil(pixels / spatial);
  // Neighbours in time share a latent at least: the first latent of a tile gives one frame only.
  return { frames: frames === undefined ? reference.frames : Math.max(1, Math.ceil(frames / temporal)), rows: space, columns: space };
}

/** What goes through time in parts has no tiles there. */
function requireNoTilesInTime({ inParts }: VideoVae, settings: TilingSettings): void {
  if (!inParts || settings === 'auto') return;
  const found = settings.tile?.frames ?? settings.overlap?.frames;
  if (found === undefined) return;
  throw new AiprodError('bad-usage', 'the VAE of this model goes through time in parts of its own', {
    expected: 'tiles of a width and a height',
    found: `${found} frames in the field tiling`,
    hint: 'Leave frames out of tile and overlap',
  });
}

/** Tile sizes that the settings fix, in latents. */
type FixedSize = { readonly [Axis in keyof LatentSize]?: number };

function wantedTile(vae: VideoVae, latents: LatentSize, settings: TilingSettings): FixedSize {
  if (vae.inParts) return { ...wantedTileInSpace(vae, latents, settings), frames: latents.frames };
  return wantedTileInSpace(vae, latents, settings);
}

function wantedTileInSpace(vae: VaeGeometry, latents: LatentSize, settings: TilingSettings): FixedSize {
  if (settings === 'auto' || settings.tile === undefined) return {};
  const { spatial, temporal } = vae.ratios;
  const { frames, height, width } = settings.tile;
  return {
    ...(frames === undefined ? {} : { frames: Math.min(latents.frames, Math.ceil((frames - 1) / temporal) + 1) }),
    ...(height === undefined ? {} : { rows: Math.min(latents.rows, Math.ceil(height / spatial)) }),
    ...(width === undefined ? {} : { columns: Math.min(latents.columns, Math.ceil(width / spatial)) }),
  };
}

/** Compiles each shape once. */
function fitter(request: TilingRequest): (tile: LatentSize) => Candidate {
  const known = new Map<string, Candidate>();
  return (tile) => {
    const key = `${tile.frames} ${tile.rows} ${tile.columns}`;
    const candidate = known.get(key) ?? compileTile(request, tile);
    known.set(key, candidate);
    return candidate;
  };
}

function compileTile(request: TilingRequest, tile: LatentSize): Candidate {
  const { vae, capabilities, encodingOf, direction = 'decode', latentShape } = request;
  const compiled = (graph: Graph): Program => {
    const stored = encodingOf === undefined ? graph : storeParametersAs(graph, encodingOf);
    return planProgram(fuse(removeDeadCode(stored), capabilities), capabilities);
  };
  const parts = (graph: (tile: LatentSize, part: VideoPart) => Graph, own: LatentSize): Parts =>
    vae.inParts && own.frames > 1
      ? { program: compiled(graph({ ...own, frames: 1 }, 'later')), first: compiled(graph({ ...own, frames: 1 }, 'first')) }
      : { program: compiled(graph(own, 'whole')) };
  const whole = latentSize(latentShape);
  const split = tile.rows < whole.rows || tile.columns < whole.columns ? vae.split?.[direction] : undefined;
  try {
    const own = parts((size, part) => graphOf(request, size, part, split), tile);
    const wholeFrames = split === undefined ? undefined : parts((size, part) => wholeFramesGraph(request, size, part, split), whole);
    const programs = wholeFrames === undefined ? own : { ...own, wholeFrames };
    return { ...programs, bytes: memoryOf(programs).totalBytes };
  } catch (error) {
    // A value that the device cannot bind: the shape is too large, whatever the budget.
    if (error instanceof AiprodError && error.code === 'out-of-memory') return { refusal: error };
    throw error;
  }
}

/** What a tile goes through. */
function graphOf(
  { vae, direction, dtype, latentShape: [batch, channels] }: TilingRequest,
  tile: LatentSize,
  part: VideoPart,
  split: VaeSplit | undefined,
): Graph {
  const shape = [batch, split?.channels ?? channels, tile.frames, tile.rows, tile.columns] as const;
  if (direction !== 'encode') return (split === undefined ? vae.decoder(shape, dtype, part) : split.tiled(shape, dtype, part)).graph;
  const [, colours, frames, height, width] = pixelShapeOfLatents(vae, shape);
  const pixels = [batch, colours, part === 'later' ? vae.ratios.temporal : frames, height, width] as const;
  return (split === undefined ? vae.encoder(pixels, dtype, part) : split.tiled(pixels, dtype, part)).graph;
}

/** What whole frames go through where the picture has tiles. */
function wholeFramesGraph(
  { direction, dtype, latentShape: [batch, channels] }: TilingRequest,
  { frames, rows, columns }: LatentSize,
  part: VideoPart,
  split: VaeSplit,
): Graph {
  return split.whole([batch, direction === 'encode' ? split.channels : channels, frames, rows, columns], dtype, part).graph;
}

function programsOf({ program, first, wholeFrames }: Programs): Programs {
  return { program, ...(first === undefined ? {} : { first }), ...(wholeFrames === undefined ? {} : { wholeFrames }) };
}

/** What a choice needs on the device at a time. */
export function memoryOf({ wholeFrames, ...tiles }: Programs): ProgramMemory {
  const own = memoryOfParts(tiles);
  if (wholeFrames === undefined) return own;
  const whole = memoryOfParts(wholeFrames);
  return whole.totalBytes > own.totalBytes ? whole : own;
}

/** Both parts share the weights. */
function memoryOfParts({ program, first }: Parts): ProgramMemory {
  if (first === undefined) return program.memory;
  const later = memoryOfPart(program);
  const own = memoryOfPart(first);
  return {
    parameterBytes: later.parameterBytes,
    constantBytes: later.constantBytes + own.constantBytes,
    inputBytes: later.inputBytes + own.inputBytes,
    transientBytes: later.transientBytes + own.transientBytes,
    uniformBytes: later.uniformBytes + own.uniformBytes,
    readbackBytes: later.readbackBytes + own.readbackBytes,
    totalBytes: later.totalBytes + own.totalBytes - own.parameterBytes,
  };
}

/** What is carried to the next part never comes back from the device. */
function memoryOfPart({ memory, outputs }: Program): ProgramMemory {
  const carried = outputs.reduce((sum, { name, type }) => sum + (isCarried(name) ? storageBytes(type) : 0), 0);
  return { ...memory, readbackBytes: memory.readbackBytes - carried, totalBytes: memory.totalBytes - carried };
}

/** The programs of a choice. */
export function programsOfChoice({ wholeFrames, ...tiles }: Programs): Program[] {
  return [tiles, ...(wholeFrames === undefined ? [] : [wholeFrames])].flatMap(({ program, first }) =>
    first === undefined ? [program] : [first, program],
  );
}

/** Arithmetic of a choice for latents of a shape, before an adaptive one measures. */
export function flopsOf(choice: TilingChoice, latentShape: VideoShape): number {
  const { wholeFrames, ...tiles } = choice;
  const flops = ({ program, first }: Parts): number =>
    first === undefined ? programFlops(program) : programFlops(first) + (latentShape[2] - 1) * programFlops(program);
  return flops(tiles) * expectedTiles(choice, latentShape) + (wholeFrames === undefined ? 0 : flops(wholeFrames));
}

/** Of the tiles that fit, the one whose decode of the whole repeats least; with equal work, the one with fewer tiles. */
function largest(
  latents: LatentSize,
  fixed: FixedSize,
  overlap: LatentSize,
  fits: (tile: LatentSize) => Candidate,
  budgetBytes: number,
): ({ tile: LatentSize; overlap: LatentSize } & Programs) | undefined {
  const smallest = fits(smallestTile(latents, fixed, overlap));
  if (!('program' in smallest) || smallest.bytes > budgetBytes) return undefined;
  const candidates = tileSizes(latents.frames, overlap.frames, fixed.frames).flatMap((frames) =>
    tileSizes(latents.rows, overlap.rows, fixed.rows).flatMap((rows) =>
      tileSizes(latents.columns, overlap.columns, fixed.columns).map((columns) => {
        const tile = { frames, rows, columns };
        const kept = usableOverlap(latents, tile, overlap);
        const spans = evenSpans(latents, tile, kept);
        return { tile, overlap: kept, work: recomputation(latents, spans), tiles: tileCount(spans) };
      }),
    ),
  );
  candidates.sort((a, b) => a.work - b.work || a.tiles - b.tiles);
  const tooLarge: LatentSize[] = [];
  for (const { tile, overlap: kept } of candidates) {
    if (tooLarge.some((size) => tile.frames >= size.frames && tile.rows >= size.rows && tile.columns >= size.columns)) continue;
    const candidate = fits(tile);
    if ('program' in candidate && candidate.bytes <= budgetBytes) return { tile, overlap: kept, ...programsOf(candidate) };
    tooLarge.push(tile);
  }
  return undefined;
}

/** No overlap along an axis of one tile. */
function usableOverlap(latents: LatentSize, tile: LatentSize, overlap: LatentSize): LatentSize {
  return {
    frames: tile.frames >= latents.frames ? 0 : overlap.frames,
    rows: tile.rows >= latents.rows ? 0 : overlap.rows,
    columns: tile.columns >= latents.columns ? 0 : overlap.columns,
  };
}

/** For 1, 2, 3, ... tiles along an axis, the smallest that cover it; a fixed size leaves no choice. */
function tileSizes(length: number, overlap: number, fixed: number | undefined): number[] {
  if (fixed !== undefined) return fixed >= length || fixed > overlap ? [fixed] : [];
  const sizes = [length];
  for (let count = 2; ; count++) {
    const size = Math.ceil((length + (count - 1) * overlap) / count);
    if (size < overlap + 1 || size >= sizes[sizes.length - 1]) break;
    sizes.push(size);
  }
  return sizes;
}

function requireLargerTile(latents: LatentSize, fixed: FixedSize, overlap: LatentSize): void {
  for (const axis of axes) {
    const size = fixed[axis];
    if (size === undefined || size >= latents[axis] || size > overlap[axis]) continue;
    throw new AiprodError('bad-input', `the tiles are not larger than their overlap along ${axis}`, {
      expected: `tiles of more than ${overlap[axis]} latents, the overlap`,
      found: `${size} latents`,
      hint: 'Choose a larger tile or a smaller overlap in the field tiling of the job',
    });
  }
}

function smallestTile(latents: LatentSize, fixed: FixedSize, overlap: LatentSize): LatentSize {
  const smallest = (length: number, least: number, size: number | undefined): number => Math.min(length, size ?? least + 1);
  return {
    frames: smallest(latents.frames, overlap.frames, fixed.frames),
    rows: smallest(latents.rows, overlap.rows, fixed.rows),
    columns: smallest(latents.columns, overlap.columns, fixed.columns),
  };
}

function refusal(candidate: Candidate, tile: LatentSize, request: TilingRequest, hint: string): AiprodError {
  const { vae, budgetBytes, direction = 'decode' } = request;
  const { spatial, temporal } = vae.ratios;
  const size = `${(tile.frames - 1) * temporal + 1} frames of ${tile.columns * spatial}x${tile.rows * spatial}`;
  const what = `the ${direction} stage, ${size} at once,`;
  if ('refusal' in candidate) {
    const { expected, found } = candidate.refusal.details;
    return new AiprodError('out-of-memory', `${what} needs more than one binding of this device holds`, { expected, found, hint });
  }
  return new AiprodError('out-of-memory', `${what} does not fit the memory budget`, {
    expected: `at most ${budgetBytes ?? 0} bytes`,
    found: `${candidate.bytes} bytes, ${memoryOf(candidate).parameterBytes} of them weights`,
    hint,
  });
}
