import type { Command } from 'commander';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { AUDIO_CODECS, AUDIO_CODECS_OF_FORMAT, encodeWav, formatFrameRate, formatOfPath, isSoundPath, parseFrameRate } from '../../media';
import { checkSoundCodec, checkWritable } from '../../media/node';
import { decodeSound, decodeVideo } from '../../pipelines';
import { openVideoSink, writeWhole } from '../../pipelines/node';
import { outputOf, readGlobalOptions } from '../global-options';
import { readLatents, type LatentsFile } from '../latents-file';
import { onMachine } from '../on-machine';
import { audioCodecOption, wholeNumber } from '../option-values';

const decodeSchema = z.object({
  out: z.string(),
  model: z.string(),
  fps: z.string().optional(),
  audioCodec: z.enum(AUDIO_CODECS).optional(),
  seed: z.number(),
});

export function addDecode(command: Command): void {
  command
    .description('latents to a video, a video with its sound, or a sound')
    .argument('<latents...>', '.safetensors files with a tensor latents [1, C, F, H, W], audio_latents [1, C, T, M], or both')
    .requiredOption('--out <file>', 'where it goes: .mp4, .webm, .gif, .png (a folder of frames), .y4m, or .wav for the sound alone')
    .option('--model <name>', 'embedded, or a folder in diffusers layout', 'embedded')
    .option('--fps <rate>', 'frames a second; default: what the file says, or the model’s')
    .addOption(audioCodecOption())
    .option('--seed <n>', 'of the noise of decoders that take some', wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .action((files: string[]) => decode(command, files));
}

async function decode(command: Command, files: readonly string[]): Promise<void> {
  const globals = readGlobalOptions(command);
  const { out, model: name, fps, seed, audioCodec } = decodeSchema.parse(command.opts());
  const output = outputOf(globals);
  const format = isSoundPath(out) ? 'wav' : formatOfPath(out);
  await checkWritable(out, format);
  const { latents, audioLatents, frameRate } = await readAll(files);
  if (audioCodec !== undefined && (audioLatents === undefined || format === 'wav')) {
    throw new AiprodError('bad-usage', format === 'wav' ? 'a WAV holds plain samples' : 'there is no sound to code', {
      found: `--audio-codec ${audioCodec}`,
      hint: 'Leave it out',
    });
  }
  if (audioCodec !== undefined) await checkSoundCodec(out, audioCodec);
  if (format === 'wav') {
    if (audioLatents === undefined) throw missing(files, 'sound', 'audio_latents', 'Write a video instead, such as .mp4');
    await onMachine(globals, output, name, 'decode', async (running) => {
      const sound = await decodeSound({ ...running, audioLatents });
      await writeWhole(out, encodeWav(sound));
      return { out, audioShape: [...audioLatents.shape], sampleRate: sound.sampleRate, samples: sound.channels[0].length };
    });
    return;
  }
  if (latents === undefined) throw missing(files, 'picture', 'latents', 'Write the sound alone: --out NAME.wav');
  const holdsSound = AUDIO_CODECS_OF_FORMAT[format].length > 0;
  if (audioLatents !== undefined && !holdsSound) output.info(`a .${format} holds no sound: only the picture is decoded`);
  const codec = audioCodec === undefined ? {} : { audioCodec };
  const heard = audioLatents === undefined || !holdsSound ? {} : { audioLatents };
  await onMachine(globals, output, name, 'decode', async ({ model, ...running }) => {
    const rate = parseFrameRate(fps ?? frameRate ?? model.traits.defaults.frameRate);
    await decodeVideo({
      ...running,
      ...heard,
      model,
      latents,
      seed,
      target: out,
      openSink: (target, size, sound) => openVideoSink(target, format, size, { frameRate: rate, ...codec }, sound),
    });
    const audioShape = heard.audioLatents === undefined ? {} : { audioShape: [...heard.audioLatents.shape] };
    return { out, shape: [...latents.shape], ...audioShape, frameRate: formatFrameRate(rate) };
  });
}

/** What all the files hold together; each part may be in one of them. */
async function readAll(files: readonly string[]): Promise<LatentsFile> {
  let all: LatentsFile = {};
  for (const file of files) {
    const own = await readLatents(file);
    const twice = (['latents', 'audioLatents'] as const).find((part) => own[part] !== undefined && all[part] !== undefined);
    if (twice !== undefined) {
      throw new AiprodError('bad-usage', `two files hold the latents of a ${twice === 'latents' ? 'picture' : 'sound'}`, {
        where: file,
        expected: 'each part in one file',
        hint: 'Name only the files that belong together',
      });
    }
    all = { ...all, ...own };
  }
  return all;
}

function missing(files: readonly string[], part: string, tensor: string, hint: string): AiprodError {
  return new AiprodError('bad-input', `there are no latents of a ${part}`, {
    where: files.join(', '),
    expected: `a tensor ${tensor}`,
    hint,
  });
}
