import { AiprodError } from '../../src/errors';
import {
  createCompositor,
  parseCube,
  type ColorTable,
  type Composition,
  type Compositor,
  type PicturedLayer,
  type TitleDrawer,
} from '../../src/compositing';
import { acquireDevice, createGpuContext } from '../../src/gpu';
import { isPlain, type Layer, type PictureSize, type Sequence } from '../../src/project';
import type { KeptFrame } from './kept-frame';

/** A layer and the frame it is made of, undefined of a title. */
export interface LayerFrame {
  readonly layer: Layer;
  readonly picture: KeptFrame | undefined;
}

/** Layers to pictures: what is one frame of a file as it is goes as it is, the rest through the GPU. */
export interface Composing {
  /** Draws a frame onto a canvas of any size. */
  draw(to: OffscreenCanvas, sequence: Sequence, layers: readonly LayerFrame[]): Promise<void>;
  /** RGBA8, opaque, rows from the top. */
  pixels(sequence: Sequence, layers: readonly LayerFrame[], output: PictureSize): Promise<Uint8Array | Uint8ClampedArray>;
}

interface Device {
  readonly compositor: Compositor;
  readonly canvas: OffscreenCanvas;
  readonly context: GPUCanvasContext;
}

/** A device that is lost sooner than this is not asked for again by itself: it would be lost again. Milliseconds. */
const briefLife = 1000;

/**
 * @param titles draws them
 * @param tableOf the text of a table of colours by the id of its media
 * @param onLost the device is gone, and with it perhaps what was drawn last, which may not have come to the screen
 */
export function createComposing(titles: TitleDrawer, tableOf: (media: string) => Promise<string>, onLost: () => void): Composing {
  let device: Promise<Device> | undefined;
  const tables = new Map<string, Promise<ColorTable>>();

  /** Acquired when something is to be composed: a cut of whole frames needs no GPU. */
  const opened = (): Promise<Device> =>
    (device ??= openDevice(lost).catch((error: unknown) => {
      device = undefined;
      throw error;
    }));
  const lost = (lived: number): void => {
    device = undefined;
    if (lived > briefLife) onLost();
  };

  const tableOfEffect = (media: string): Promise<ColorTable> => {
    const known = tables.get(media);
    if (known !== undefined) return known;
    const parsed = tableOf(media).then((text) => parseCube(text, media));
    tables.set(media, parsed);
    parsed.catch(() => tables.delete(media));
    return parsed;
  };

  /** Runs on the device, on a new one where it was lost meanwhile: the driver may have restarted. */
  const onDevice = async <Result>(work: (device: Device) => Promise<Result>): Promise<Result> => {
    try {
      return await work(await opened());
    } catch (error) {
      if (!(error instanceof AiprodError) || error.code !== 'device-lost') throw error;
      device = undefined;
      return work(await opened());
    }
  };

  const withComposition = async <Result>(
    { width, height, background }: Sequence,
    layers: readonly LayerFrame[],
    output: PictureSize,
    work: (composition: Composition) => Promise<Result>,
  ): Promise<Result> => {
    const open: VideoFrame[] = [];
    try {
      const pictured: PicturedLayer[] = [];
      const wanted = new Map<string, ColorTable>();
      for (const { layer, picture } of layers) {
        for (const { lut } of layer.effects) if (lut !== undefined) wanted.set(lut, await tableOfEffect(lut));
        if (layer.source.kind === 'title') {
          pictured.push({ layer, picture: await titles.draw(layer.source.title, output) });
        } else if (picture !== undefined) {
          const image = picture.open();
          open.push(image);
          pictured.push({ layer, picture: { kind: 'image', width: picture.width, height: picture.height, image } });
        }
      }
      return await work({ layers: pictured, frame: { width, height }, output, background, tables: wanted });
    } finally {
      for (const image of open) image.close();
    }
  };

  const draw: Composing['draw'] = async (to, sequence, layers) => {
    const context = contextOf(to);
    const { width, height } = to;
    const plain = plainPicture(sequence, layers);
    if (plain !== undefined) {
      const picture = plain.open();
      context.drawImage(picture, 0, 0, width, height);
      picture.close();
    } else if (layers.length === 0) {
      context.fillStyle = sequence.background;
      context.fillRect(0, 0, width, height);
    } else {
      await withComposition(sequence, layers, { width, height }, (composition) =>
        onDevice(async ({ compositor, canvas, context: gpuContext }) => {
          if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
          await compositor.composeTo(composition, gpuContext);
          context.drawImage(canvas, 0, 0);
        }),
      );
    }
  };

  let scaled: OffscreenCanvas | undefined;
  return {
    draw,
    async pixels(sequence, layers, output) {
      const { width, height } = output;
      const plain = plainPicture(sequence, layers);
      if (plain !== undefined && plain.width === width && plain.height === height) return plain.rgba();
      if (plain === undefined && layers.length > 0) {
        return withComposition(sequence, layers, output, (composition) => onDevice(({ compositor }) => compositor.compose(composition)));
      }
      scaled ??= new OffscreenCanvas(width, height);
      if (scaled.width !== width || scaled.height !== height) Object.assign(scaled, { width, height });
      const context = contextOf(scaled);
      context.imageSmoothingQuality = 'high';
      await draw(scaled, sequence, layers);
      return context.getImageData(0, 0, width, height).data;
    },
  };
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d', { alpha: false });
  if (context !== null) return context;
  throw new AiprodError('missing-feature', 'this browser has no canvas in a worker');
}

/** The frame of a file that a whole picture is; undefined where it is put together. */
function plainPicture(sequence: Sequence, layers: readonly LayerFrame[]): KeptFrame | undefined {
  const picture = layers[0]?.picture;
  if (picture === undefined) return undefined;
  const plain = isPlain(
    layers.map(({ layer }) => layer),
    picture,
    sequence,
  );
  return plain ? picture : undefined;
}

/** @param lost hears of a lost device, and how many milliseconds it lived */
async function openDevice(lost: (lived: number) => void): Promise<Device> {
  const gpu = await acquireDevice(navigator.gpu, { preference: 'auto', log: (line) => console.info(line) });
  const began = performance.now();
  void gpu.lost.then(() => lost(performance.now() - began));
  const compositor = createCompositor(createGpuContext(gpu));
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('webgpu');
  if (context === null) throw new AiprodError('missing-feature', 'this browser gives a worker no canvas that the graphics card draws on');
  compositor.prepareCanvas(context);
  return { compositor, canvas, context };
}
