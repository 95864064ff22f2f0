import { Option, type Command } from 'commander';
import { AiprodError } from '../../errors';
import { openVideo } from '../../media/node';
import { brokenBounds, measureClip, parseBound, type Bound, type ClipFigures } from '../../metrics';
import { createOutput } from '../output';

interface MetricsOptions {
  readonly json: boolean;
  readonly min: readonly Bound[];
}

export function addMetrics(command: Command): void {
  command
    .description('quality figures of a clip or image, by itself and against a reference')
    .argument('<file>', 'MP4, MOV, WebM, MKV, GIF, Y4M, PNG, JPEG, WebP, or a folder of images')
    .argument('[reference]', 'what it is compared with, of the same size and number of frames')
    .addOption(
      new Option('--min <figure=value>', 'least average of a figure, such as psnr=30; exit code 1 below it (repeatable)')
        .argParser((text: string, bounds: readonly Bound[]) => [...bounds, parseBound(text)])
        .default([]),
    )
    .addOption(new Option('--json', 'one JSON document on stdout').default(false).env('AIPROD_JSON'))
    .action((file: string, reference: string | undefined, options: MetricsOptions) => metrics(file, reference, options));
}

async function metrics(file: string, reference: string | undefined, { json, min }: MetricsOptions): Promise<void> {
  const figures = await measureFiles(file, reference);
  const output = createOutput({ json, progress: 'none', logLevel: 'info' });
  const broken = brokenBounds(figures, min);
  const { frames, summary, ...shape } = figures;
  output.json(finite({ file, ...(reference === undefined ? {} : { reference }), ...shape, summary, broken, frames }));
  for (const [name, { average, min: least, max }] of Object.entries(summary)) {
    output.line(`${name.padEnd(20)}  average ${decimal(average)}  min ${decimal(least)}  max ${decimal(max)}`);
  }
  if (broken.length > 0) {
    throw new AiprodError('check-failed', 'The clip is below a bound', {
      where: file,
      expected: broken.map(({ figure, least }) => `${figure} of at least ${least}`).join(', '),
      found: broken.map(({ average }) => decimal(average)).join(', '),
    });
  }
}

async function measureFiles(file: string, reference: string | undefined): Promise<ClipFigures> {
  const clip = await openVideo(file);
  try {
    const other = reference === undefined ? null : await openVideo(reference);
    try {
      return await measureClip(clip, other);
    } finally {
      await other?.close();
    }
  } finally {
    await clip.close();
  }
}

const decimal = (value: number): string => (Number.isFinite(value) ? value.toFixed(4) : 'inf');

/** JSON has no infinity, which is the PSNR of equal pictures: it becomes the text `inf`. */
function finite(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : 'inf';
  if (Array.isArray(value)) return value.map(finite);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, finite(item)]));
  return value;
}
