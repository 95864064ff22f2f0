/** The suite `compositing`: frames of 1280x720 with three effects, by our compositor and by ffmpeg's filters, in processor time. Node only. */
import { spawn } from 'node:child_process';
import { version } from '../../package.json';
import { createCompositor, type LayerPicture } from '../compositing';
import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import { clipSchema, emptySequence, layersAt, type Layer } from '../project';
import { oursName } from './ours';
import { benchResult, type BenchCase } from './report';
import { roundRatios } from './statistics';

const size = { width: 1280, height: 720 };
const framesPerRound = 12;

interface CompositingCase {
  readonly name: string;
  readonly effects: readonly object[];
  /** The same in ffmpeg, on planes of RGB. */
  readonly filters: string;
}

const contrast = { id: 'c', type: 'contrast', parameters: { factor: 1.2 } };
const saturation = { id: 's', type: 'saturation', parameters: { factor: 0.6 } };
/** Each row of ffmpeg's matrix: luma's share, and the channel's own. */
const matrix = ['r', 'g', 'b'].flatMap((to) =>
  [0.2126, 0.7152, 0.0722].map((weight, from) => `${to}${'rgb'[from]}=${(0.4 * weight + (to === 'rgb'[from] ? 0.6 : 0)).toFixed(5)}`),
);
const tones = `lutrgb=r='clip((val-127.5)*1.2+127.5,0,255)':g='clip((val-127.5)*1.2+127.5,0,255)':b='clip((val-127.5)*1.2+127.5,0,255)',colorchannelmixer=${matrix.join(':')}`;

const cases: readonly CompositingCase[] = [
  {
    name: '1280x720: contrast, saturation, brightness',
    effects: [contrast, saturation, { id: 'b', type: 'brightness', parameters: { amount: 0.1 } }],
    filters: `${tones},lutrgb=r='clip(val+25.5,0,255)':g='clip(val+25.5,0,255)':b='clip(val+25.5,0,255)'`,
  },
  {
    name: '1280x720: contrast, saturation, blur of 3 pixels',
    effects: [contrast, saturation, { id: 'g', type: 'blur', parameters: { radius: 3 } }],
    filters: `${tones},gblur=sigma=3`,
  },
];

/** Seconds of processor time a frame, upload and reading back included. */
export async function compositingSuite(context: GpuContext, rounds: number): Promise<BenchCase[]> {
  const compositor = createCompositor(context);
  const picture = noise();
  const ffmpeg = await ffmpegVersion();
  try {
    const measured: BenchCase[] = [];
    for (const { name, effects, filters } of cases) {
      const layer = layerWith(effects);
      const compose = (): Promise<Uint8Array> =>
        compositor.compose({ layers: [{ layer, picture }], frame: size, output: size, background: '#000000' });
      await compose();
      const [ours, theirs]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        const before = process.cpuUsage();
        for (let frame = 0; frame < framesPerRound; frame++) await compose();
        const { user, system } = process.cpuUsage(before);
        ours.push((user + system) / 1e6 / framesPerRound);
        if (ffmpeg !== null) theirs.push(await ffmpegSeconds(filters));
      }
      const results = [benchResult({ name: oursName, version, dtype: 'f32' }, ours)];
      if (ffmpeg === null) {
        measured.push({
          suite: 'compositing',
          name,
          results,
          ratios: [],
          unsupported: [{ peer: 'ffmpeg', reason: 'there is none on the PATH' }],
        });
        continue;
      }
      results.push(benchResult({ name: 'ffmpeg', version: ffmpeg, dtype: 'f32' }, theirs));
      measured.push({
        suite: 'compositing',
        name,
        results,
        ratios: [{ peer: 'ffmpeg', byRound: true, ...roundRatios(theirs, ours) }],
        unsupported: [],
      });
    }
    return measured;
  } finally {
    compositor.close();
  }
}

function layerWith(effects: readonly object[]): Layer {
  const clip = clipSchema.parse({ kind: 'picture', id: 'c', media: 'm', start: 0, duration: 1, effects });
  const sequence = emptySequence({ ...size, rate: { numerator: 24, denominator: 1 } });
  const [track] = sequence.tracks;
  if (track.kind !== 'video' || clip.kind === 'sound') throw new AiprodError('internal', 'a new sequence begins with a track of pictures');
  return layersAt({ ...sequence, tracks: [{ ...track, clips: [clip] }] }, 0)[0];
}

function noise(): LayerPicture {
  const rgba = new Uint8Array(size.width * size.height * 4);
  let state = 1;
  for (let at = 0; at < rgba.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    rgba[at] = at % 4 === 3 ? 255 : state >>> 24;
  }
  return { kind: 'bytes', ...size, rgba };
}

/** Seconds of processor time that filters take a frame: with them, less without. */
async function ffmpegSeconds(filters: string): Promise<number> {
  const frames = framesPerRound * 4;
  const source = `testsrc2=size=${size.width}x${size.height}:rate=24,format=gbrp`;
  const time = async (graph: string): Promise<number> => {
    const text = await run(['-hide_banner', '-benchmark', '-f', 'lavfi', '-i', graph, '-frames:v', String(frames), '-f', 'null', '-']);
    const found = /utime=([\d.]+)s stime=([\d.]+)s/.exec(text);
    if (found === null) throw new AiprodError('check-failed', 'ffmpeg told no processor time', { found: text.slice(-200) });
    return Number(found[1]) + Number(found[2]);
  };
  return Math.max(1e-6, (await time(`${source},${filters},format=gbrp`)) - (await time(source))) / frames;
}

async function ffmpegVersion(): Promise<string | null> {
  const text = await run(['-version']).catch(() => null);
  return text === null ? null : (/^ffmpeg version (\S+)/m.exec(text)?.[1] ?? 'unknown');
}

/** All that ffmpeg writes. */
function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('ffmpeg', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const add = (chunk: Buffer): void => void (text += chunk.toString());
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(text) : reject(new AiprodError('check-failed', 'ffmpeg failed', { found: text.slice(-300) })),
    );
  });
}
