import { AiprodError } from '../../errors';
import type { PictureSize, Title } from '../../project';
import type { LayerPicture } from '../composition';
import { layOutTitle, type TitleFont } from './layout';

const loading = new Map<TitleFont, Promise<void>>();

const isFontSet = (value: unknown): value is { add(face: FontFace): unknown } =>
  typeof value === 'object' && value !== null && 'add' in value && typeof value.add === 'function';

/** Makes a font known to the page or worker, once. */
function loadFont(file: TitleFont, family: string): Promise<void> {
  const known = loading.get(file);
  if (known !== undefined) return known;
  const started = (async () => {
    const { fontFiles } = await import('./font-files');
    const face = new FontFace(family, `url(${fontFiles[file]})`, { weight: '100 900' });
    // A worker's own set of fonts is a global that neither the types of pages nor its class are known of there.
    const fonts: unknown = typeof document === 'undefined' ? Reflect.get(globalThis, 'fonts') : document.fonts;
    if (!isFontSet(fonts)) throw new AiprodError('missing-feature', 'this browser gives a worker no fonts to draw titles with');
    fonts.add(await face.load());
  })();
  loading.set(file, started);
  started.catch(() => loading.delete(file));
  return started;
}

/**
 * A title as it is drawn over a frame, in a browser's page or worker.
 * @param size pixels of the output
 */
export async function drawTitle(title: Title, size: PictureSize): Promise<LayerPicture> {
  const { family, file, fontSize, anchor, lean, lines, band } = layOutTitle(title, size);
  await loadFont(file, family);
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext('2d');
  if (context === null) throw new AiprodError('missing-feature', 'this browser gives no canvas to draw titles on');
  if (band !== null) {
    context.fillStyle = band.color;
    context.fillRect(0, band.y, size.width, band.height);
  }
  context.font = `${title.weight} ${fontSize}px "${family}", sans-serif`;
  context.textAlign = anchor === 'middle' ? 'center' : anchor;
  context.textBaseline = 'alphabetic';
  context.fillStyle = title.color;
  for (const { text, x, y } of lines) {
    context.setTransform(1, 0, -Math.tan((lean * Math.PI) / 180), 1, x, y);
    context.fillText(text, 0, 0);
  }
  return { kind: 'image', ...size, image: canvas };
}
