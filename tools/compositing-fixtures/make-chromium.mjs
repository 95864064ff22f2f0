/**
 * What Chromium makes of easings, blend modes and filters, all of them of W3C: the reference of ours.
 * Run: node tools/compositing-fixtures/make-chromium.mjs
 */
import { writeFile } from 'node:fs/promises';
import { chromium } from 'playwright';
import { withSources } from '../with-sources.mjs';

const launch = await withSources(async (load) => (await load('/tools/chromium.ts')).chromiumLaunch());
const browser = await chromium.launch(launch);
const page = await browser.newPage();
const made = await page.evaluate(() => {
  const { document, ImageData, OffscreenCanvas } = globalThis;
  const easings = [
    'ease-in',
    'ease-out',
    'ease-in-out',
    [0.25, 0.1, 0.25, 1],
    [0.34, 1.56, 0.64, 1],
    [1, 0, 0, 1],
    [0.6, -0.5, 0.7, 0.2],
  ].flatMap((easing) => {
    const name = typeof easing === 'string' ? easing : `cubic-bezier(${easing.join(',')})`;
    const animation = document.body.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 1000, easing: name });
    animation.pause();
    return [0.1, 0.25, 0.5, 0.75, 0.9].map((progress) => {
      animation.currentTime = progress * 1000;
      return { easing, progress, expected: animation.effect.getComputedTiming().progress };
    });
  });

  const levels = [0, 30, 64, 100, 128, 129, 180, 230, 255];
  const alphas = [255, 153];
  const width = levels.length * levels.length;
  const pixels = (color) => {
    const image = new ImageData(width, alphas.length);
    alphas.forEach((alpha, row) => {
      for (let at = 0; at < width; at++)
        image.data.set(color(levels[at % levels.length], levels[Math.floor(at / levels.length)], alpha), (row * width + at) * 4);
    });
    return image;
  };
  const canvasOf = (image) => {
    const canvas = new OffscreenCanvas(width, alphas.length);
    canvas.getContext('2d').putImageData(image, 0, 0);
    return canvas;
  };
  const backdrop = pixels((b) => [b, 255 - b, b, 255]);
  const source = pixels((_, s, alpha) => [s, s, 255 - s, alpha]);
  const modes = {};
  for (const mode of [
    'normal',
    'multiply',
    'screen',
    'overlay',
    'darken',
    'lighten',
    'color-dodge',
    'color-burn',
    'hard-light',
    'soft-light',
    'difference',
    'exclusion',
  ]) {
    const context = canvasOf(backdrop).getContext('2d');
    context.globalCompositeOperation = mode === 'normal' ? 'source-over' : mode;
    context.drawImage(canvasOf(source), 0, 0);
    modes[mode] = [...context.getImageData(0, 0, width, alphas.length).data];
  }
  const filtered = (filter) => {
    const context = new OffscreenCanvas(width, alphas.length).getContext('2d');
    context.filter = filter;
    context.drawImage(canvasOf(backdrop), 0, 0);
    return [...context.getImageData(0, 0, width, alphas.length).data];
  };
  return {
    easings,
    ...{ width, height: alphas.length, backdrop: [...backdrop.data], source: [...source.data], modes },
    contrast: { factor: 1.6, expected: filtered('contrast(1.6)') },
    saturation: { factor: 0.4, expected: filtered('saturate(0.4)') },
  };
});
await browser.close();
const { easings, ...pictures } = made;
const write = (path, value) => writeFile(new URL(`../../src/${path}`, import.meta.url), `${JSON.stringify(value)}\n`);
await write('project/fixtures/easings.json', easings);
await write('compositing/fixtures/chromium.json', pictures);
