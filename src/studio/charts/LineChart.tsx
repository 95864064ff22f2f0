import { useEffect, useRef, useState } from 'react';
import type UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useTextScale } from '../components/use-text-scale';
import { withLanguageTag } from './load-uplot';
import { plotOptions, type PlotShape } from './plot-options';
import styles from './LineChart.module.css';

export interface ChartLine {
  readonly label: string;
  /** As many as there are places; null leaves a gap. */
  readonly values: readonly (number | null)[];
  /** A custom property of the tokens: `--accent`. */
  readonly color: string;
  /** Drawn behind the others, pale. */
  readonly faint?: boolean;
}

export interface LineChartProps {
  readonly title: string;
  /** What the chart says, in a sentence: for those who do not see it. */
  readonly summary: string;
  /** Places along the x axis, in order. */
  readonly places: readonly number[];
  readonly placeLabel: string;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  /** Charts of one key move their cursors together. */
  readonly syncKey?: string;
  readonly logarithmic?: boolean;
  /** CSS pixels, where the page's text has its usual size. */
  readonly height?: number;
}

/** Lines over one axis. Follows its width, the theme, and new values without being made anew. */
export function LineChart({
  title,
  summary,
  places,
  placeLabel,
  lines,
  format,
  syncKey,
  logarithmic = false,
  height: usualHeight = 180,
}: LineChartProps) {
  const scale = useTextScale();
  const height = usualHeight * scale;
  const shape: PlotShape = {
    ...{ placeLabel, logarithmic, height, scale },
    ...(syncKey === undefined ? {} : { syncKey }),
    lines: lines.map(({ label, color, faint = false }) => ({ label, color, faint })),
  };
  const [at, setAt] = useState<number>();
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.head}>
        <span className={styles.title}>{title}</span>
        <Legend {...{ at, places, placeLabel, lines, format }} />
      </figcaption>
      <div role="img" aria-label={summary} style={{ minBlockSize: height }}>
        <Plot key={JSON.stringify(shape)} {...{ shape, places, lines, format }} onPlace={setAt} />
      </div>
    </figure>
  );
}

type LegendProps = Pick<LineChartProps, 'places' | 'placeLabel' | 'lines' | 'format'> & { readonly at: number | undefined };

/** Names of the lines where there are several, and their values where the cursor is. */
function Legend({ at, places, placeLabel, lines, format }: LegendProps) {
  const place = at === undefined ? undefined : places[at];
  return (
    <span className={styles.legend} aria-hidden="true">
      {place !== undefined && (
        <span>
          {placeLabel} {place}
        </span>
      )}
      {lines.map(({ label, color, values, faint }) => {
        const value = at === undefined ? undefined : values[at];
        if (lines.length === 1 && place === undefined) return null;
        return (
          <span key={label} className={styles.line} data-faint={faint} style={{ '--line-color': `var(${color})` }}>
            {lines.length > 1 && label} {value === undefined || value === null ? null : <b>{format(value)}</b>}
          </span>
        );
      })}
    </span>
  );
}

interface PlotProps extends Pick<LineChartProps, 'places' | 'lines' | 'format'> {
  readonly shape: PlotShape;
  /** Must stay the same function. */
  readonly onPlace: (index: number | undefined) => void;
}

const loadUPlot = (): Promise<typeof UPlot> => withLanguageTag(navigator, async () => (await import('uplot')).default);

/** One plot of uPlot; made anew when its shape changes, which its key says. */
function Plot({ shape, places, lines, format, onPlace }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const [first] = useState(shape);
  const plot = useRef<UPlot>(undefined);
  const data = useRef<UPlot.AlignedData>([[]]);
  const words = useRef(format);
  const [failure, setFailure] = useState<{ readonly error: unknown }>();

  useEffect(() => {
    words.current = format;
    data.current = [Array.from(places), ...lines.map(({ values }) => Array.from(values))];
    plot.current?.setData(data.current);
  }, [places, lines, format]);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    let end = (): void => undefined;
    let ended = false;
    const draw = (Drawing: typeof UPlot): (() => void) => {
      const drawn = new Drawing(
        plotOptions(element, first, (value) => words.current(value), onPlace),
        data.current,
        element,
      );
      plot.current = drawn;
      const resize = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: first.height }));
      resize.observe(element);
      // Canvas colours do not follow the tokens by themselves.
      const redraw = (): void => drawn.redraw(false, true);
      const scheme = window.matchMedia('(prefers-color-scheme: dark)');
      scheme.addEventListener('change', redraw);
      const themed = element.closest('.aiprod-studio');
      const theme = new MutationObserver(redraw);
      if (themed !== null) theme.observe(themed, { attributes: true, attributeFilter: ['data-theme'] });
      return () => {
        plot.current = undefined;
        theme.disconnect();
        scheme.removeEventListener('change', redraw);
        resize.disconnect();
        drawn.destroy();
      };
    };
    loadUPlot().then(
      (Drawing) => {
        if (!ended) end = draw(Drawing);
      },
      (error: unknown) => setFailure({ error }),
    );
    return () => {
      ended = true;
      end();
    };
  }, [first, onPlace]);

  // Whatever keeps a part from coming to an end tells it.
  if (failure !== undefined) throw failure.error;

  return <div ref={host} className={styles.plot} style={{ blockSize: shape.height }} />;
}
