import type { Command } from 'commander';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { formatFrameRate, parseFrameRate } from '../../media';
import { encodeSound, encodeVideo, type MediaFacts } from '../../pipelines';
import { nodeMedia } from '../../pipelines/node';
import { outputOf, readGlobalOptions } from '../global-options';
import { requireSafetensors, writeLatents } from '../latents-file';
import { onMachine, type Running } from '../on-machine';
import { wholeNumber } from '../option-values';

const encodeSchema = z.object({
  out: z.string(),
  audio: z.string().optional(),
  model: z.string(),
  width: z.number().optional(),
  height: z.number().optional(),
  frames: z.number().optional(),
});
type EncodeOptions = z.output<typeof encodeSchema>;

export function addEncode(command: Command): void {
  command
    .description('a video (or image), a sound, or both to latents in the model’s units: [1, C, F, H, W] and [1, C, T, M]')
    .argument('[video]', 'any file that aiprod reads')
    .option('--audio <file>', 'a sound of any rate, or a video with a track, for a model of picture and sound')
    .requiredOption('--out <file>', 'a .safetensors file')
    .option('--model <name>', 'embedded, or a folder in diffusers layout', 'embedded')
    .option('--width <pixels>', 'width to scale and cut to; default: the nearest that the model encodes', wholeNumber(8, 16384))
    .option('--height <pixels>', 'height to scale and cut to', wholeNumber(8, 16384))
    .option('--frames <n>', 'frames from the first on; default: as many as make whole latents', wholeNumber(1, 4097))
    .action((video: string | undefined) => encode(command, video));
}

async function encode(command: Command, video: string | undefined): Promise<void> {
  const globals = readGlobalOptions(command);
  const options = encodeSchema.parse(command.opts());
  const output = outputOf(globals);
  requireSafetensors(options.out);
  requireInput(video, options);
  const picture = video === undefined ? undefined : { file: video, facts: await nodeMedia.facts(video) };
  const { audio } = options;
  const sound = audio === undefined ? undefined : { file: audio, facts: await nodeMedia.soundFacts(audio) };
  await onMachine(globals, output, options.model, 'load', async (running) => {
    const { traits, name } = running.model;
    const made = picture === undefined ? undefined : await encodePicture(running, options, picture);
    const frameRate = picture?.facts.frameRate ?? parseFrameRate(traits.defaults.frameRate);
    const clip = made === undefined ? {} : { clip: { frames: made.size.frames, frameRate } };
    const audioLatents = sound === undefined ? undefined : await encodeSound({ ...running, media: nodeMedia, ...sound, ...clip, seed: 0 });
    const rate = picture?.facts.frameRate ?? undefined;
    const latents = made?.latents;
    await writeLatents(
      options.out,
      {
        ...(latents === undefined ? {} : { latents }),
        ...(audioLatents === undefined ? {} : { audioLatents }),
        ...(rate === undefined ? {} : { frameRate: String(formatFrameRate(rate)) }),
      },
      {
        model: name,
        ...(picture === undefined ? {} : { source: picture.facts.fingerprint }),
        ...(sound === undefined ? {} : { audioSource: sound.facts.fingerprint }),
      },
    );
    return {
      out: options.out,
      ...(latents === undefined ? {} : { shape: [...latents.shape], ...made?.size }),
      ...(audioLatents === undefined ? {} : { audioShape: [...audioLatents.shape] }),
    };
  });
}

/** Something to encode, and no size of a picture where there is none. */
function requireInput(video: string | undefined, { audio, width, height, frames }: EncodeOptions): void {
  if (video !== undefined) return;
  if (audio === undefined) {
    throw new AiprodError('bad-usage', 'there is nothing to encode', { expected: 'a video, an image, --audio FILE, or both' });
  }
  const sizes = Object.entries({ width, height, frames }).flatMap(([name, size]) => (size === undefined ? [] : [`--${name}`]));
  if (sizes.length === 0) return;
  throw new AiprodError('bad-usage', 'a sound alone has no size of a picture', {
    found: sizes.join(', '),
    hint: 'Leave it out, or name a video too',
  });
}

async function encodePicture(
  { model, ...running }: Running,
  options: EncodeOptions,
  { file, facts }: { readonly file: string; readonly facts: MediaFacts },
) {
  const { sizeMultiple, frameMultiple } = model.traits;
  const nearest = (size: number): number => Math.max(sizeMultiple, Math.round(size / sizeMultiple) * sizeMultiple);
  const frames = options.frames ?? Math.floor((facts.frames - 1) / frameMultiple) * frameMultiple + 1;
  const size = { width: options.width ?? nearest(facts.width), height: options.height ?? nearest(facts.height), frames };
  return { size, latents: await encodeVideo({ ...running, model, media: nodeMedia, file, facts, seed: 0, ...size }) };
}
