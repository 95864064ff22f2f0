import type UPlot from 'uplot';

/** What decides a plot besides its values. */
export interface PlotShape {
  readonly placeLabel: string;
  readonly lines: readonly { readonly label: string; readonly color: string; readonly faint: boolean }[];
  readonly syncKey?: string;
  readonly logarithmic: boolean;
  /** CSS pixels. */
  readonly height: number;
  /** How large words and lines are against their usual size. */
  readonly scale: number;
}

/** Places are counted: the axis has no fractions. */
const wholeIncrements = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

/**
 * Settings of uPlot in the studio's colours, which are read anew at each drawing.
 * @param onPlace hears which place the cursor is at; undefined where it is at none
 */
export function plotOptions(
  element: HTMLElement,
  { placeLabel, lines, syncKey, logarithmic, height, scale }: PlotShape,
  format: (value: number) => string,
  onPlace: (index: number | undefined) => void,
): UPlot.Options {
  const token = (name: string): string => resolvedColor(element, name);
  const font = `${11 * scale}px ${getComputedStyle(element).fontFamily}`;
  const axis: UPlot.Axis = {
    ...{ font, size: 22 * scale, gap: 4 * scale },
    stroke: () => token('--ink-muted'),
    grid: { stroke: () => token('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    // The last place's number is as wide as half of it beyond the lines.
    padding: [8 * scale, 16 * scale, 0, 0],
    legend: { show: false },
    cursor: { points: { size: 6 }, ...(syncKey === undefined ? {} : { sync: { key: syncKey } }) },
    hooks: { setCursor: [({ cursor }) => onPlace(cursor.idx ?? undefined)] },
    scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
    axes: [
      { ...axis, space: 50 * scale, incrs: wholeIncrements },
      { ...axis, space: 30 * scale, size: 58 * scale, values: (_, splits) => splits.map((value) => (value === null ? '' : format(value))) },
    ],
    series: [
      { label: placeLabel },
      ...lines.map(({ label, color, faint }): UPlot.Series => ({
        label,
        stroke: () => token(color),
        width: (faint ? 1 : 2) * scale,
        alpha: faint ? 0.4 : 1,
        points: { show: false },
        value: (_, value) => (value === null || value === undefined ? '' : format(value)),
      })),
    ],
  };
}

/** A colour token as a canvas takes it: `light-dark()` is resolved by an element that is drawn in it. */
function resolvedColor(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
