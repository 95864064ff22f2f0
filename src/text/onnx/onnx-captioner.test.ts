import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openOnnxCaptioner, type CaptionedPicture } from '..';
import { loadOnnxRuntime } from '../node';
import type { TokenizerFiles } from '../tokenizers';
import { pixelValues, readImageProcessor } from './image-processor';

const fixtures = fileURLToPath(new URL('../../../fixtures/', import.meta.url));
const expectedSchema = z.array(z.object({ file: z.string(), ids: z.array(z.number()), text: z.string(), pixels: z.array(z.number()) }));

function filesOf(name: string): TokenizerFiles {
  const read = async (file: string): Promise<Buffer | undefined> => readFile(join(fixtures, name, file)).catch(() => undefined);
  return { name, readText: async (file) => (await read(file))?.toString('utf8'), readBytes: read };
}
const files = filesOf('onnx-captioner');
const withText = (file: string, text: string): TokenizerFiles => ({
  ...files,
  readText: async (name) => (name === file ? text : files.readText(name)),
});

const without = (folder: TokenizerFiles, absent: string): TokenizerFiles => ({
  name: folder.name,
  readText: async (file) => (file === absent ? undefined : folder.readText(file)),
  readBytes: async (file) => (file === absent ? undefined : folder.readBytes(file)),
});

async function picture(folder: string, file: string): Promise<CaptionedPicture> {
  const { data, info } = await sharp(join(fixtures, folder, file))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgba: new Uint8Array(data) };
}

describe('captioners in ONNX form', { timeout: 60_000 }, () => {
  const florence = filesOf('onnx-captioner-florence2');
  /** As a download for Transformers.js, which has the decoder with a cache alone. */
  const merged = without(florence, 'decoder_model.onnx');
  const layouts = [files, filesOf('onnx-captioner-blip'), florence, { ...merged, name: 'onnx-captioner-florence2, merged' }];
  it.each(layouts)(
    'of $name write the very tokens that transformers generates greedily, from the very pixels of its image processor',
    async (files) => {
      const [folder] = files.name.split(',');
      const expected = expectedSchema.parse(JSON.parse((await files.readText('expected.json')) ?? ''));
      const processor = await readImageProcessor(files);
      const captioner = await openOnnxCaptioner(files, await loadOnnxRuntime());
      expect(new Set(expected.map(({ text }) => text)).size).toBe(4);
      for (const { file, ids, text, pixels } of expected) {
        const shown = await picture(folder, file);
        const { data } = pixelValues(processor, shown);
        for (const [k, value] of pixels.entries()) expect(data[97 * k]).toBeCloseTo(value, 4);
        expect(await captioner.generate(shown)).toEqual(ids);
        expect(await captioner.caption(shown)).toBe(text);
      }
      await expect(captioner.caption(await picture(folder, '0.png'), AbortSignal.abort())).rejects.toThrow(/abort/i);
      await captioner.close();
    },
  );

  it('of Florence-2 write a paragraph where nothing but the default of older versions says how long it may be', async () => {
    const folder = filesOf('onnx-captioner-florence2');
    const said = (file: string) => folder.readText(file).then((text) => z.record(z.string(), z.unknown()).parse(JSON.parse(text ?? '')));
    const config = { ...(await said('config.json')), text_config: { max_length: 20 } };
    const { max_length: _, ...generation } = await said('generation_config.json');
    const texts = new Map([
      ['config.json', JSON.stringify(config)],
      ['generation_config.json', JSON.stringify(generation)],
    ]);
    const captioner = await openOnnxCaptioner(
      { ...folder, readText: async (file) => texts.get(file) ?? folder.readText(file) },
      await loadOnnxRuntime(),
    );
    expect((await captioner.generate(await picture(folder.name, '1.png'))).length).toBeGreaterThan(24);
    await captioner.close();
  });

  it('are resized by their shortest side and cut in the middle where the model asks for it', async () => {
    const config = { size: { shortest_edge: 16 }, resample: 3, do_center_crop: true, crop_size: 12, do_normalize: false };
    const processor = await readImageProcessor(withText('preprocessor_config.json', JSON.stringify(config)));
    const rgba = Uint8Array.from({ length: 4 * 64 * 48 }, (_, at) => (at % 4 === 0 ? Math.floor(at / 4) % 64 : 0) * 4);
    const { data, width, height } = pixelValues(processor, { width: 64, height: 48, rgba });
    // 64 columns become 21, of which 12 stay, from the fifth on: a ramp keeps its slope.
    expect([width, height]).toEqual([12, 12]);
    for (let x = 0; x < 12; x++) expect(Math.abs(data[x] * 255 - ((4 * ((x + 4.5) * 64)) / 21 - 2))).toBeLessThan(1);
  });

  it('are refused in words', async () => {
    const runtime = await loadOnnxRuntime();
    const lacking = (absent: string): TokenizerFiles => without(files, absent);
    await expect(openOnnxCaptioner(lacking('decoder_model.onnx'), runtime)).rejects.toThrow(
      /a part of the captioner is not there.*decoder_model\.onnx or .*decoder_model_merged\.onnx/,
    );
    await expect(openOnnxCaptioner(lacking('preprocessor_config.json'), runtime)).rejects.toThrow(/how it wants its pictures/);
    await expect(openOnnxCaptioner(lacking('tokenizer.json'), runtime)).rejects.toThrow(/no tokenizer/);
    const swapped = {
      ...files,
      readBytes: async (file: string) => files.readBytes(file === 'decoder_model.onnx' ? 'encoder_model.onnx' : file),
    };
    await expect(openOnnxCaptioner(swapped, runtime)).rejects.toThrow(/no part of such a captioner.*found pixel_values/);
    await expect(openOnnxCaptioner(withText('config.json', '{"model_type":"git"}'), runtime)).rejects.toThrow(
      /not read.*expected model_type vision-encoder-decoder, blip, florence2; found git/,
    );
    await expect(openOnnxCaptioner(withText('preprocessor_config.json', '{"size":8,"resample":0}'), runtime)).rejects.toThrow(
      /not known here/,
    );
  });
});
