/** Animated GIF read (GIF89a specification, CompuServe 1990): frames put together as a viewer shows them. */
import { AiprodError } from '../errors';
import { checkSize, resolveRange } from './frame-range';
import { reduced } from './frame-rate';
import { gifDelay } from './gif';
import { colorTableBytes, gifHeaderLength } from './gif-blocks';
import { unpackLzw } from './gif-lzw';
import type { FrameRate, VideoReader } from './types';

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;
const TRAILER = 0x3b;

/** Viewers show a delay of 0 or 1 hundredth as 10. */
const LEAST_DELAY = 2;
const DELAY_INSTEAD = 10;

/** What becomes of a frame's area before the next frame (section 23). */
const CLEAR_AREA = 2;
const RESTORE_PREVIOUS = 3;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** Red, green, blue in turn. */
  readonly colors: Uint8Array;
  readonly transparent: number | null;
  readonly disposal: number;
  /** Hundredths of a second. */
  readonly delay: number;
  readonly codeSize: number;
  /** The sub-blocks as stored. */
  readonly blocks: Uint8Array;
}

/**
 * Opens a GIF whose bytes are in memory. A frame builds on those before it, so a range is decoded from the beginning.
 * Pixels that no frame has painted have alpha 0.
 * @throws bad-input when the file is none, is cut short or damaged, or holds no image.
 */
export function openGif(gif: Uint8Array, where = 'GIF'): VideoReader {
  const { width, height, frames } = parse(gif, where);
  return {
    width,
    height,
    frameRate: frameRateOfDelays(frames.map((frame) => frame.delay)),
    frameCount: frames.length,
    description: 'GIF',
    async *pictures(range = {}) {
      const { start, end } = resolveRange(range, frames.length, where);
      const canvas = new Uint8Array(width * height * 4);
      for (const [index, frame] of frames.slice(0, end).entries()) {
        const before = frame.disposal === RESTORE_PREVIOUS ? canvas.slice() : null;
        paint(canvas, width, height, frame, () => damaged(where, `frame ${index} with too little data`));
        if (index >= start) {
          const rgba = canvas.slice();
          yield { width, height, planes: null, rgba: () => rgba };
        }
        if (before !== null) canvas.set(before);
        else if (frame.disposal === CLEAR_AREA) clear(canvas, width, height, frame);
      }
    },
    keyFrameOf: async () => 0,
    close: async () => undefined,
  };
}

const damaged = (where: string, found: string): AiprodError =>
  new AiprodError('bad-input', 'The GIF cannot be read', { where, expected: 'a whole GIF', found });

function parse(gif: Uint8Array, where: string): { width: number; height: number; frames: Frame[] } {
  let at = gifHeaderLength(gif);
  const take = (length: number): Uint8Array => {
    if (at + length > gif.length) throw damaged(where, `${gif.length} bytes, cut short`);
    at += length;
    return gif.subarray(at - length, at);
  };
  if (gif.length < at || String.fromCharCode(...gif.subarray(0, 4)) !== 'GIF8') throw damaged(where, 'another beginning');
  const screen = new DataView(gif.buffer, gif.byteOffset, gif.byteLength);
  const width = screen.getUint16(6, true);
  const height = screen.getUint16(8, true);
  checkSize(width, height, where);
  const globalColors = gif.subarray(at - colorTableBytes(gif[10]), at);
  const frames: Frame[] = [];
  let control = new Uint8Array(4);
  for (let [kind] = take(1); kind !== TRAILER; [kind] = take(1)) {
    if (kind === EXTENSION) {
      const [label] = take(1);
      const block = subBlocks(gif, at, where);
      at += block.length;
      if (label === GRAPHIC_CONTROL && block[0] >= 4) control = block.slice(1, 5);
    } else if (kind === IMAGE) {
      const descriptor = take(9);
      const view = new DataView(descriptor.buffer, descriptor.byteOffset, 9);
      const localColors = take(colorTableBytes(descriptor[8]));
      const [codeSize] = take(1);
      if (codeSize < 1 || codeSize > 8) throw damaged(where, `a code size of ${codeSize} bits`);
      const colors = localColors.length > 0 ? localColors : globalColors;
      if (colors.length === 0) throw damaged(where, 'an image without colours');
      const blocks = subBlocks(gif, at, where);
      at += blocks.length;
      const delay = control[1] + control[2] * 256;
      const frame = {
        left: view.getUint16(0, true),
        top: view.getUint16(2, true),
        width: view.getUint16(4, true),
        height: view.getUint16(6, true),
        interlaced: (descriptor[8] & 0x40) !== 0,
        colors,
        transparent: control[0] & 1 ? control[3] : null,
        disposal: (control[0] >> 2) & 7,
        delay: delay < LEAST_DELAY ? DELAY_INSTEAD : delay,
        codeSize,
        blocks,
      };
      checkSize(frame.width, frame.height, where);
      frames.push(frame);
      control = new Uint8Array(4);
    } else {
      throw damaged(where, `a block of kind ${kind} at byte ${at - 1}`);
    }
  }
  if (frames.length === 0) throw damaged(where, 'no image');
  return { width, height, frames };
}

/** The sub-blocks at a place, with the empty one that ends them. */
function subBlocks(gif: Uint8Array, start: number, where: string): Uint8Array {
  let at = start;
  for (let length = gif[at]; length !== 0; length = gif[at]) {
    if (length === undefined) throw damaged(where, `${gif.length} bytes, cut short`);
    at += 1 + length;
  }
  return gif.subarray(start, at + 1);
}

function joined(blocks: Uint8Array): Uint8Array {
  const data = new Uint8Array(blocks.length);
  let length = 0;
  for (let at = 0; blocks[at] !== 0; at += 1 + blocks[at]) {
    data.set(blocks.subarray(at + 1, at + 1 + blocks[at]), length);
    length += blocks[at];
  }
  return data.subarray(0, length);
}

/** First row and distance of rows of the four passes of an interlaced image (appendix E). */
const PASSES = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

function rowOrder({ height, interlaced }: Frame): number[] {
  const passes = interlaced ? PASSES : ([[0, 1]] as const);
  return passes.flatMap(([first, step]) => {
    const rows: number[] = [];
    for (let row = first; row < height; row += step) rows.push(row);
    return rows;
  });
}

/** Paints a frame; what lies outside the screen is not shown. */
function paint(canvas: Uint8Array, width: number, height: number, frame: Frame, cutShort: () => AiprodError): void {
  const indices = unpackLzw(joined(frame.blocks), frame.codeSize, frame.width * frame.height);
  if (indices.length < frame.width * frame.height) throw cutShort();
  const columns = Math.min(frame.width, width - frame.left);
  for (const [stored, row] of rowOrder(frame).entries()) {
    const y = frame.top + row;
    if (y >= height) continue;
    for (let column = 0; column < columns; column++) {
      const index = indices[stored * frame.width + column];
      if (index === frame.transparent || index * 3 >= frame.colors.length) continue;
      const at = (y * width + frame.left + column) * 4;
      canvas[at] = frame.colors[index * 3];
      canvas[at + 1] = frame.colors[index * 3 + 1];
      canvas[at + 2] = frame.colors[index * 3 + 2];
      canvas[at + 3] = 255;
    }
  }
}

function clear(canvas: Uint8Array, width: number, height: number, { left, top, width: columns, height: rows }: Frame): void {
  const end = Math.min(width, left + columns);
  for (let y = top; y < Math.min(height, top + rows); y++) canvas.fill(0, (y * width + left) * 4, (y * width + Math.max(left, end)) * 4);
}

/** Whole rates that a clip may have been written with, and the NTSC ones. */
const LIKELY_RATES: readonly FrameRate[] = [
  ...Array.from({ length: 50 }, (_, index) => ({ numerator: index + 1, denominator: 1 })),
  { numerator: 24000, denominator: 1001 },
  { numerator: 30000, denominator: 1001 },
];

/** The likely rate whose delays, rounded as our writer does, are these; else the mean rate, for there is no better. */
function frameRateOfDelays(delays: readonly number[]): FrameRate {
  const exact = LIKELY_RATES.find((rate) => delays.every((delay, index) => delay === gifDelay(index, rate)));
  const total = delays.reduce((sum, delay) => sum + delay, 0);
  return exact ?? reduced(delays.length * 100, total);
}
