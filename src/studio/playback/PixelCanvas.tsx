import { useLayoutEffect, useRef } from 'react';

export interface PixelCanvasProps {
  readonly width: number;
  readonly height: number;
  /** RGBA, 8 bits each, row by row. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly className?: string;
  /** What the picture is, for those who do not see it. */
  readonly label: string;
}

/** One picture, drawn before the browser paints: no copy, no conversion. */
export function PixelCanvas({ width, height, pixels, className, label }: PixelCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    // `willReadFrequently` keeps the canvas in memory: one on the GPU would make the page wait for the generator's work there.
    canvas.current?.getContext('2d', { willReadFrequently: true })?.putImageData(new ImageData(pixels, width, height), 0, 0);
  }, [pixels, width, height]);
  return <canvas ref={canvas} width={width} height={height} className={className} role="img" aria-label={label} />;
}
