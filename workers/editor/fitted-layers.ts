import type { Compose } from './screen';

/** Layers as they lie before anything is done to them: each fitted into the frame whole and centred, one over the other. */
export const fittedLayers: Compose = async ({ width, height, background }, layers) => {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('a worker has no 2d canvas');
  context.fillStyle = background;
  context.fillRect(0, 0, width, height);
  for (const { layer, picture } of layers) {
    if (picture === undefined) continue;
    const scale = Math.min(width / picture.width, height / picture.height);
    const [w, h] = [picture.width * scale, picture.height * scale];
    const image = picture.open();
    context.globalAlpha = layer.opacity;
    context.drawImage(image, (width - w) / 2, (height - h) / 2, w, h);
    image.close();
  }
  return canvas;
};
