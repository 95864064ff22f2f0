import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import styles from './Plot.module.css';

export interface PlotPointProps {
  /** Says in words what it is, and its two numbers. */
  readonly label: string;
  readonly words: string;
  /** In the plot's own units. */
  readonly x: number;
  readonly y: number;
  /** Places of x and y in the plot's drawing, in its pixels. */
  readonly at: readonly [number, number];
  /** A place of the drawing in the plot's own units. */
  readonly unitsAt: (left: number, top: number) => readonly [number, number];
  readonly onMove: (x: number, y: number) => void;
  /** Takes it away, where it may go. */
  readonly onRemove?: () => void;
}

/** A point that is dragged in a plot; arrow keys move it by a hundredth, with Shift by a tenth. */
export function PlotPoint({ label, words, x, y, at, unitsAt, onMove, onRemove }: PlotPointProps) {
  const dragging = useRef(false);
  const move = (event: PointerEvent<SVGGElement>): void => {
    const plot = event.currentTarget.ownerSVGElement;
    if (!dragging.current || plot === null) return;
    const box = plot.getBoundingClientRect();
    const { width, height } = plot.viewBox.baseVal;
    onMove(...unitsAt(((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height));
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      event.stopPropagation();
      onRemove?.();
      return;
    }
    const by = event.shiftKey ? 0.1 : 0.01;
    const [dx, dy] = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by] }[event.key] ?? [0, 0];
    if (dx === 0 && dy === 0) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(x + dx, y + dy);
  };
  return (
    <g
      className={styles.point}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={-1}
      aria-valuemax={2}
      aria-valuenow={y}
      aria-valuetext={words}
      transform={`translate(${at[0]} ${at[1]})`}
      onPointerDown={(event) => {
        dragging.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
        event.stopPropagation();
      }}
      onPointerMove={move}
      onPointerUp={() => (dragging.current = false)}
      onPointerCancel={() => (dragging.current = false)}
      onDoubleClick={(event) => {
        event.stopPropagation();
        onRemove?.();
      }}
      onKeyDown={press}
    >
      <circle r="12" className={styles.reach} />
      <circle r="5" className={styles.dot} />
    </g>
  );
}
