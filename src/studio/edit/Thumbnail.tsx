import { useEffect, useRef } from 'react';
import { useThumbnail } from './media-pictures';

export interface ThumbnailProps {
  /** Among the project's media; undefined for none. */
  readonly media: string | undefined;
  readonly seconds: number;
  readonly className?: string | undefined;
}

/** A small picture of a medium; nothing until it is there. Decoration: what it shows stands in words beside it. */
export function Thumbnail({ media, seconds, className }: ThumbnailProps) {
  const picture = useThumbnail(media, seconds);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    // One that was let go meanwhile has no size.
    if (picture !== undefined && picture.width > 0) canvas.current?.getContext('2d')?.drawImage(picture, 0, 0);
  }, [picture]);
  if (picture === undefined || picture.width === 0) return null;
  return <canvas ref={canvas} className={className} width={picture.width} height={picture.height} aria-hidden="true" />;
}
