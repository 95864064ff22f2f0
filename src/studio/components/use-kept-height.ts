import { useEffect, useState, type RefObject } from 'react';
import { z } from 'zod';
import { useStudio } from '../state/context';

const key = 'aiprod-stage';

/** The height of the stage, and the window that it had it in, CSS pixels. */
const keptSchema = z.strictObject({ width: z.number(), height: z.number(), stage: z.number().min(0) });

/** The height that the stage had at the end of the last visit, where the window is as large as it was. */
function keptHeight(): number | undefined {
  try {
    const kept = keptSchema.safeParse(JSON.parse(localStorage.getItem(key) ?? 'null'));
    return kept.success && kept.data.width === innerWidth && kept.data.height === innerHeight ? kept.data.stage : undefined;
  } catch {
    return undefined;
  }
}

function keepHeight(stage: number): void {
  try {
    localStorage.setItem(key, JSON.stringify({ width: innerWidth, height: innerHeight, stage } satisfies z.infer<typeof keptSchema>));
  } catch {
    // The next visit moves once, when its clip is read.
  }
}

/**
 * While a visit opens, the stage keeps the height that it had at the end of the last one: in one column the form stands below it, and would
 * jump when the clip is read. Only where clips are kept over visits.
 * @returns least height of the stage, CSS pixels; undefined where it has its own
 */
export function useKeptHeight(stage: RefObject<HTMLElement | null>): number | undefined {
  const opening = useStudio(({ phase, clipReading }) => phase !== 'open' || clipReading.status === 'reading');
  const lasting = useStudio((state) => state.lasting === true);
  const [kept, setKept] = useState(keptHeight);
  if (!opening && kept !== undefined) setKept(undefined);
  useEffect(() => {
    const element = stage.current;
    if (opening || !lasting || element === null) return;
    const observer = new ResizeObserver(() => keepHeight(element.getBoundingClientRect().height));
    observer.observe(element);
    return () => observer.disconnect();
  }, [stage, opening, lasting]);
  return kept;
}
