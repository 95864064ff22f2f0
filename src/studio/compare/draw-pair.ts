export const compareModes = ['wipe', 'side', 'difference', 'onion'] as const;
export type CompareMode = (typeof compareModes)[number];

/** Canvases of the left and of the right picture; the right one shows the difference. */
export interface PairCanvases {
  readonly first: HTMLCanvasElement;
  readonly second: HTMLCanvasElement;
}

/**
 * Draws two frames, the right one in the left one's size but side by side.
 * @param factor by which differences are multiplied: a power of 2
 */
export function drawPair({ first, second }: PairCanvases, left: VideoFrame, right: VideoFrame, mode: CompareMode, factor: number): void {
  const [width, height] = [left.displayWidth, left.displayHeight];
  const own = mode === 'side' ? [right.displayWidth, right.displayHeight] : [width, height];
  const one = sized(first, width, height);
  const other = sized(second, own[0], own[1]);
  one.drawImage(left, 0, 0);
  other.drawImage(right, 0, 0, own[0], own[1]);
  if (mode !== 'difference') return;
  other.globalCompositeOperation = 'difference';
  other.drawImage(left, 0, 0);
  // Added to itself a picture is twice as bright, exactly, up to white.
  other.globalCompositeOperation = 'lighter';
  for (let times = 1; times < factor; times *= 2) other.drawImage(second, 0, 0);
  other.globalCompositeOperation = 'source-over';
}

function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new Error('this browser has no canvas to draw on');
  return context;
}
