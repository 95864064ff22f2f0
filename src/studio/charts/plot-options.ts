import type UPlot from 'uplot';

/** What decides a plot besides its values. */
export interface PlotShape {
  readonly placeLabel: string;
  readonly lines: readonly { readonly label: string; readonly color: string; readonly faint: boolean }[];
  readonly syncKey?: string;
  readonly logarithmic: boolean;
  /** CSS pixels. */
  readonly height: number;
}

/** Settings of uPlot in the studio's colours, which are read anew at each drawing. */
export function plotOptions(
  element: HTMLElement,
  { placeLabel, lines, syncKey, logarithmic, height }: PlotShape,
  format: (value: number) => string,
): UPlot.Options {
  const token = (name: string): string => resolvedColor(element, name);
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axis: UPlot.Axis = {
    ...{ font, size: 22, gap: 4 },
    stroke: () => token('--ink-muted'),
    grid: { stroke: () => token('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: true, live: true },
    cursor: { points: { size: 6 }, ...(syncKey === undefined ? {} : { sync: { key: syncKey } }) },
    scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
    axes: [axis, { ...axis, size: 58, values: (_, splits) => splits.map((value) => (value === null ? '' : format(value))) }],
    series: [
      { label: placeLabel },
      ...lines.map(({ label, color, faint }): UPlot.Series => ({
        label,
        stroke: () => token(color),
        width: faint ? 1 : 2,
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
