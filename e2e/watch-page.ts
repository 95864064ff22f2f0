import type { Page } from '@playwright/test';

/** What a watched page has seen. */
export interface Seen {
  /** Tasks of the main thread over 50 ms: start and length in milliseconds of the page's clock. */
  readonly longTasks: { readonly start: number; readonly milliseconds: number }[];
  /** Latents of every finished clip, [1, C, F, H, W]. */
  readonly latents: number[][];
}

declare global {
  interface Window {
    aiprodSeen?: Seen;
  }
}

/** Must be called before the page is opened: notes long tasks, and the latents in the generator worker's answers. */
export async function watchPage(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const seen: Seen = { longTasks: [], latents: [] };
    window.aiprodSeen = seen;
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) seen.longTasks.push({ start: startTime, milliseconds: duration });
    }).observe({ type: 'longtask', buffered: true });
    const PlainWorker = window.Worker;
    window.Worker = class extends PlainWorker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        this.addEventListener('message', ({ data }: MessageEvent<{ value?: { latents?: unknown } } | null>) => {
          const latents = data?.value?.latents;
          if (latents instanceof Float32Array) seen.latents.push(Array.from(latents));
        });
      }
    };
  });
}

export async function seenBy(page: Page): Promise<Seen> {
  const seen = await page.evaluate(() => window.aiprodSeen);
  if (seen === undefined) throw new Error('the page is not watched');
  return seen;
}
