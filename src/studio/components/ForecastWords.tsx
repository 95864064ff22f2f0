import { useStudio } from '../state/context';
import { formatBytes } from '../state/stage-timing';
import type { Forecast } from '../state/studio-store';
import { Button } from './Button';
import styles from './Composer.module.css';

/** What the run will need, whether that fits, and the nearest settings that do where it does not. */
export function ForecastWords({ forecast }: { readonly forecast: Forecast }) {
  const edit = useStudio((state) => state.edit);
  if (forecast.status === 'unknown') return null;
  if (forecast.status === 'refused') {
    return (
      <p className={styles.forecast} data-tone="danger">
        {forecast.problem.report}
      </p>
    );
  }
  const { memory } = forecast;
  const needs = `about ${formatBytes(memory.totalBytes)} of graphics memory`;
  if (memory.fits) {
    return (
      <p className={styles.forecast}>
        {memory.wholeBytes === undefined
          ? `Needs ${needs}, ${formatBytes(memory.weightBytes)} of it for the model.`
          : `Fits the limit with ${needs}: frames in tiles, or the model block by block. At once it would be ${formatBytes(memory.wholeBytes)}.`}
      </p>
    );
  }
  const { nearest, limitBytes } = memory;
  return (
    <div className={styles.forecast} data-tone="danger" role="status">
      <p>
        Needs {needs} at once; the limit is {formatBytes(limitBytes)}, and working in parts does not bring it below.
        {nearest === undefined ? ' No smaller size fits either: raise the limit in the settings, or choose a smaller model.' : ''}
      </p>
      {nearest !== undefined && (
        <Button
          size="small"
          onClick={() => edit({ width: String(nearest.width), height: String(nearest.height), frames: String(nearest.frames) })}
        >
          Use {nearest.width} × {nearest.height}, {nearest.frames} frames
        </Button>
      )}
    </div>
  );
}
