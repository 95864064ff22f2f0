import { useEffect, useRef } from 'react';

export interface ViewerCanvasProps {
  /** What is shown, for those who do not see it. */
  readonly label: string;
  /** Hands over the canvas that a worker draws on; once for each time the viewer is put on the page. */
  readonly onReady: (canvas: OffscreenCanvas) => void;
}

/** A canvas whose pixels belong to a worker. It is made here, not by React: one that was handed over cannot be again. */
export function ViewerCanvas({ label, onReady }: ViewerCanvasProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const canvas = document.createElement('canvas');
    place.current?.append(canvas);
    onReady(canvas.transferControlToOffscreen());
    return () => canvas.remove();
  }, [onReady]);
  return <div ref={place} role="img" aria-label={label} data-testid="viewer-canvas" />;
}
