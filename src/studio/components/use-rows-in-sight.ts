import { useState, type UIEvent } from 'react';

/** Rows beyond those in sight that are drawn, so that scrolling shows no gaps. */
const beyond = 8;
/** Most rows that fit a list before it was scrolled: its height is known then. */
const atFirst = 16;

/** Which rows of a long list are drawn: all rows are of one height in pixels. `last` is not drawn. */
export function useRowsInSight(count: number, rowHeight: number): RowsInSight {
  const [{ top, height }, setSeen] = useState({ top: 0, height: atFirst * rowHeight });
  const start = Math.floor(Math.min(top, count * rowHeight) / rowHeight);
  return {
    first: Math.max(0, start - beyond),
    last: Math.min(count, start + Math.ceil(height / rowHeight) + beyond),
    onScroll: ({ currentTarget: { scrollTop, clientHeight } }) => setSeen({ top: scrollTop, height: clientHeight }),
  };
}

export interface RowsInSight {
  readonly first: number;
  readonly last: number;
  readonly onScroll: (event: UIEvent<HTMLElement>) => void;
}
