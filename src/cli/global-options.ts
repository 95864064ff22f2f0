import { Option, type Command } from 'commander';
import { z } from 'zod';
import { readSettings } from '../config';
import { AiprodError } from '../errors';
import { byteSize, oneOf } from './option-values';
import { createOutput, type Output } from './output';

/** Options that every command takes. */
const globalOptionsSchema = z.object({
  device: z.string().default('auto'),
  dtype: z.enum(['auto', 'f32', 'f16']).default('auto'),
  memoryBudget: z.number().optional(),
  json: z.boolean().default(false),
  progress: z.enum(['auto', 'json', 'none']).default('auto'),
  logLevel: z.enum(['error', 'info']).default('info'),
  trace: z.string().optional(),
  deterministic: z.boolean().default(false),
});
export type GlobalOptions = z.output<typeof globalOptionsSchema>;

/** Adds the options to a command, each also as an `AIPROD_*` environment variable. */
export function addGlobalOptions(command: Command): Command {
  return command
    .addOption(new Option('--device <name>', 'adapter: auto, software, or part of a name').default('auto').env('AIPROD_DEVICE'))
    .addOption(
      new Option('--dtype <type>', 'storage type on the GPU: auto, f32, f16')
        .default('auto')
        .argParser(oneOf(['auto', 'f32', 'f16']))
        .env('AIPROD_DTYPE'),
    )
    .addOption(new Option('--memory-budget <bytes>', 'most GPU memory to use, e.g. 4GB').argParser(byteSize).env('AIPROD_MEMORY_BUDGET'))
    .addOption(new Option('--json', 'one JSON document on stdout').default(false).env('AIPROD_JSON'))
    .addOption(
      new Option('--progress <form>', 'progress on stderr: auto, json, none')
        .default('auto')
        .argParser(oneOf(['auto', 'json', 'none']))
        .env('AIPROD_PROGRESS'),
    )
    .addOption(
      new Option('--log-level <level>', 'what else stderr gets: error, info')
        .default('info')
        .argParser(oneOf(['error', 'info']))
        .env('AIPROD_LOG_LEVEL'),
    )
    .addOption(new Option('--trace <file>', 'writes a Chrome trace of every kernel').env('AIPROD_TRACE'))
    .addOption(new Option('--deterministic', 'the same kernels in f32 on every adapter').default(false).env('AIPROD_DETERMINISTIC'))
    .addOption(
      new Option('--config <file>', 'YAML or JSON with values for options; environment and flags override it').env('AIPROD_CONFIG'),
    );
}

/** Fills options that neither flag nor environment set from the file named by --config. */
export async function applyConfigFile(command: Command): Promise<void> {
  const path: unknown = command.getOptionValue('config');
  if (typeof path !== 'string') return;
  const values = await readSettings(path, 'Check the path given to --config');
  for (const [key, value] of Object.entries(values)) {
    const option = command.options.find((candidate) => candidate.attributeName() === key || candidate.name() === key);
    if (option === undefined) {
      throw new AiprodError('bad-usage', `the config file has an option that ${command.name()} does not take`, {
        where: path,
        found: key,
        expected: command.options.map((candidate) => candidate.attributeName()).join(', '),
      });
    }
    const source = command.getOptionValueSource(option.attributeName());
    if (source === 'cli' || source === 'env') continue;
    command.setOptionValueWithSource(option.attributeName(), configValue(option, value, path), 'config');
  }
}

function configValue(option: Option, value: unknown, path: string): unknown {
  if (typeof value === 'boolean' || option.parseArg === undefined) return value;
  try {
    return option.parseArg<unknown>(String(value), undefined);
  } catch (cause) {
    throw new AiprodError(
      'bad-usage',
      `the config file has a value that ${option.long ?? option.name()} does not take`,
      {
        where: path,
        found: String(value),
        expected: cause instanceof Error ? cause.message.replace(/^Expected /, '').replace(/\.$/, '') : option.description,
      },
      { cause },
    );
  }
}

export function readGlobalOptions(command: Command): GlobalOptions {
  return globalOptionsSchema.parse(command.opts());
}

export function outputOf(options: GlobalOptions): Output {
  return createOutput(options);
}
