import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { AiprodError } from '../../../src/errors';
import { createGpuContext } from '../../../src/gpu';
import { acquireNodeDevice } from '../../../src/gpu/node';
import { shippedPlan, tinyPlan } from './plan';
import { runChain } from './run-chain';
import type { Workplace } from './stage';

const count = z.coerce.number().int();
const optionsSchema = z.object({
  work: z.string().default('.cache/embedded-model'),
  until: z
    .string()
    .regex(/^([01]?\d|2[0-3]):[0-5]\d$/, 'HH:MM')
    .optional(),
  'vae-steps': count.min(1).default(8000),
  'transformer-steps': count.min(1).default(6000),
  clips: count.min(64).default(8000),
  score: count.min(0).default(128),
  tiny: z.boolean().default(false),
  seed: count.min(0).default(1),
  adapter: z.string().default('auto'),
  export: z.string().optional(),
});

/** The next moment at which a clock shows a time. */
function nextTime(text: string, now: Date): number {
  const [hours, minutes] = text.split(':').map(Number);
  const time = new Date(now);
  time.setHours(hours, minutes, 0, 0);
  if (time <= now) time.setDate(time.getDate() + 1);
  return time.getTime();
}

function optionsOf(args: readonly string[]): z.output<typeof optionsSchema> {
  const names = Object.keys(optionsSchema.shape);
  const options = Object.fromEntries(names.map((name) => [name, { type: name === 'tiny' ? ('boolean' as const) : ('string' as const) }]));
  try {
    return optionsSchema.parse(parseArgs({ args: [...args], options }).values);
  } catch (cause) {
    throw new AiprodError(
      'bad-usage',
      'train:embedded does not understand its options',
      {
        expected: names.map((name) => `--${name}`).join(' '),
        found: cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause),
      },
      { cause },
    );
  }
}

/** `npm run train:embedded -- [options]`; see the README beside. */
export async function trainEmbedded(args: readonly string[]): Promise<void> {
  const options = optionsOf(args);
  const steps = { vae: options['vae-steps'], transformer: options['transformer-steps'], clips: options.clips };
  const deadline = options.until === undefined ? Infinity : nextTime(options.until, new Date());
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (interrupted = true));
  const log = (line: string): void => console.info(line);
  const gpu = await acquireNodeDevice({ preference: options.adapter, log });
  const folder = resolve(options.work);
  const plan = options.tiny ? tinyPlan(steps) : shippedPlan(steps);
  const workplace: Workplace = {
    folder,
    context: createGpuContext(gpu),
    seed: options.seed,
    stops: () => interrupted || Date.now() >= deadline,
    interrupted: () => interrupted,
    log,
  };
  const outcome = await runChain(plan, workplace, options.score);
  if (outcome !== 'done') {
    log(`stopped in the stage ${outcome}; run the same command again to go on`);
    return;
  }
  const model = join(folder, 'model');
  log(`the model is in ${model}`);
  if (options.export === undefined) return;
  await cp(model, resolve(options.export), { recursive: true });
  // A run that is not scored has no samples.
  const logs = ['vae.log', 'transformer.log', ...(options.score > 0 ? ['samples.json', 'samples.png'] : [])];
  for (const name of logs) await cp(join(folder, name), join(resolve(options.export), name));
}
