import { expect, test, type Page } from '@playwright/test';

/** What the browser under test offers, asked for in one JavaScript realm. Plain source, because it also runs inside a worker. */
const probe = `async () => {
  const adapter = navigator.gpu ? await navigator.gpu.requestAdapter() : null;
  const device = adapter ? await adapter.requestDevice() : null;
  const encodes = {};
  for (const codec of ['avc1.42001f', 'vp8', 'vp09.00.10.08', 'av01.0.04M.08', 'hev1.1.6.L93.B0']) {
    const config = { codec, width: 640, height: 384, framerate: 24, bitrate: 2e6 };
    encodes[codec] = (await VideoEncoder.isConfigSupported(config)).supported === true;
  }
  return {
    architecture: adapter?.info.architecture ?? null,
    hasDevice: device !== null,
    features: adapter ? [...adapter.features] : [],
    crossOriginIsolated: globalThis.crossOriginIsolated,
    encodes,
  };
}`;

interface Abilities {
  architecture: string | null;
  hasDevice: boolean;
  features: string[];
  crossOriginIsolated: boolean;
  encodes: Record<string, boolean>;
}

function inPage(page: Page): Promise<Abilities> {
  return page.evaluate<Abilities>(`(${probe})()`);
}

function inWorker(page: Page): Promise<Abilities> {
  return page.evaluate<Abilities>(`new Promise((resolve, reject) => {
    const source = ${JSON.stringify(`(${probe})().then((found) => postMessage(found))`)};
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    worker.onmessage = (event) => { worker.terminate(); resolve(event.data); };
    worker.onerror = (event) => reject(new Error(event.message));
  })`);
}

for (const [place, ask] of [
  ['the page', inPage],
  ['a dedicated worker', inWorker],
] as const) {
  test(`${place} has a WebGPU device, isolation and video encoders`, async ({ page }) => {
    await page.goto('./');
    const found = await ask(page);
    console.info(`${place}: ${JSON.stringify(found)}`);
    expect(found.architecture).toBe('swiftshader');
    expect(found.hasDevice).toBe(true);
    expect(found.crossOriginIsolated).toBe(true);
    expect(found.encodes['vp09.00.10.08']).toBe(true);
  });
}
