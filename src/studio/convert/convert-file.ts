/**
 * One file made into another by ffmpeg in WebAssembly (@ffmpeg/ffmpeg, MIT), whose core (@ffmpeg/core, GPL-2.0 or later) is loaded from the
 * address that the page or its host gives, and is no part of the studio. It works in a worker of its own, on one thread.
 */
import { FFFSType, FFmpeg } from '@ffmpeg/ffmpeg';
import { AiprodError } from '../../errors';
import { conversionPlan, probeSchema, type ConversionPlan } from './conversion-plan';

/** Files of the core, in the folder that it is loaded from. */
export const CORE_FILES = { script: 'ffmpeg-core.js', wasm: 'ffmpeg-core.wasm' } as const;

const INPUT_FOLDER = '/input';
const PROBED = '/probed.json';
const OUTPUT = '/output';
/** Lines of ffmpeg's that are told when it fails. */
const LINES_TOLD = 3;

export interface Converter {
  /**
   * @param file is read where it lies, in pieces; what is made of it is held in memory
   * @param onProgress parts of 1, growing
   * @throws AiprodError `bad-input` when the file holds nothing that can be read or is damaged, `out-of-memory`, `cancelled`
   */
  convert(file: Blob, name: string, onProgress: (part: number) => void): Promise<File>;
  /** Ends what it is at, by `cancelled`, and the worker. */
  close(): void;
}

/**
 * Loads the core.
 * @param folder address of the folder of its files, ending in `/`
 * @throws AiprodError `network-failure` when it cannot be had
 */
export async function openConverter(folder: URL): Promise<Converter> {
  const ffmpeg = new FFmpeg();
  const lines: string[] = [];
  let closed = false;
  ffmpeg.on('log', ({ message }) => {
    // Emscripten tells every end of a command as an abort.
    if (message.trim() === '' || message === 'Aborted()') return;
    lines.push(message);
    if (lines.length > LINES_TOLD) lines.shift();
  });
  const cancelled = (): AiprodError => new AiprodError('cancelled', 'The conversion was cancelled');
  try {
    await ffmpeg.load({ coreURL: new URL(CORE_FILES.script, folder).href, wasmURL: new URL(CORE_FILES.wasm, folder).href });
  } catch (cause) {
    ffmpeg.terminate();
    throw new AiprodError(
      'network-failure',
      'The converter could not be loaded',
      { where: folder.href, found: String(cause), hint: 'Try again, or convert the file to MP4 (H.264) beforehand' },
      { cause },
    );
  }

  const failed = (cause: unknown): AiprodError => {
    if (closed) return cancelled();
    const found = lines.join(' / ') || String(cause);
    if (/memory|allocation|\bOOM\b/i.test(found)) {
      const hint = 'Cut the file into shorter ones beforehand';
      return new AiprodError('out-of-memory', 'The file is too large to be converted here', { found, hint }, { cause });
    }
    return new AiprodError(
      'bad-input',
      'The file could not be converted',
      { found, hint: 'Convert it to MP4 (H.264) beforehand' },
      { cause },
    );
  };

  const remove = async (path: string): Promise<void> => {
    await ffmpeg.deleteFile(path).catch(() => undefined);
  };

  const probed = async (input: string): Promise<ConversionPlan> => {
    // Its exit is told as an abort whatever it found; what it wrote says whether it read the file.
    await ffmpeg.ffprobe(['-v', 'error', '-show_streams', '-show_format', '-of', 'json', input, '-o', PROBED]);
    const text = await ffmpeg.readFile(PROBED, 'utf8');
    const plan = conversionPlan(probeSchema.parse(JSON.parse(String(text))));
    if (plan === undefined) throw new Error('neither video nor sound was found in it');
    return plan;
  };

  return {
    async convert(file, name, onProgress) {
      const input = new File([file], `input${/\.\w{1,5}$/.exec(name)?.[0] ?? ''}`);
      lines.length = 0;
      let reached = 0;
      let duration: number | undefined;
      const onTime = ({ time }: { readonly time: number }): void => {
        // The fraction that ffmpeg tells is of a length that it guesses anew; before the first frame the time is none.
        const part = duration === undefined || !(time >= 0 && time < 1e15) ? 0 : Math.min(1, time / 1e6 / duration);
        if (part <= reached) return;
        reached = part;
        onProgress(part);
      };
      ffmpeg.on('progress', onTime);
      let output: string | undefined;
      try {
        await ffmpeg.createDir(INPUT_FOLDER).catch(() => undefined);
        await ffmpeg.mount(FFFSType.WORKERFS, { files: [input] }, INPUT_FOLDER);
        const path = `${INPUT_FOLDER}/${input.name}`;
        const plan = await probed(path);
        duration = plan.duration;
        output = OUTPUT + plan.ending;
        const exit = await ffmpeg.exec(['-v', 'error', '-i', path, ...plan.parameters, output]);
        if (exit !== 0) throw new Error(`ffmpeg ended with ${exit}`);
        const made = await ffmpeg.readFile(output);
        if (typeof made === 'string' || made.length === 0) throw new Error('nothing was made of it');
        return new File([new Uint8Array(made)], name, { type: plan.type });
      } catch (cause) {
        throw failed(cause);
      } finally {
        ffmpeg.off('progress', onTime);
        if (!closed) {
          await remove(PROBED);
          if (output !== undefined) await remove(output);
          await ffmpeg.unmount(INPUT_FOLDER).catch(() => undefined);
        }
      }
    },
    close() {
      closed = true;
      ffmpeg.terminate();
    },
  };
}

/** Bytes that `openConverter` loads; undefined where the server does not say, or is not there. */
export async function converterSize(folder: URL): Promise<number | undefined> {
  try {
    const sizes = await Promise.all(
      Object.values(CORE_FILES).map(async (name) => {
        const response = await fetch(new URL(name, folder), { method: 'HEAD' });
        return response.ok ? Number(response.headers.get('Content-Length') ?? NaN) : NaN;
      }),
    );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return Number.isFinite(bytes) && bytes > 0 ? bytes : undefined;
  } catch {
    // Offline, for one: loading it will say so.
    return undefined;
  }
}
