import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { exitCodeOf } from '../errors';
import { endOnClosedPipe } from './closed-pipe';
import { addBench } from './commands/bench';
import { addDecode } from './commands/decode';
import { addDoctor } from './commands/doctor';
import { addEncode } from './commands/encode';
import { addGenerate } from './commands/generate';
import { addMetrics } from './commands/metrics';
import { addModels } from './commands/models';
import { addPreprocess } from './commands/preprocess';
import { addRender } from './commands/render';
import { addPrompt } from './commands/prompt';
import { addSync } from './commands/sync';
import { addTokenize } from './commands/tokenize';
import { addTrain } from './commands/train';
import { addValidate } from './commands/validate';
import { addVerify } from './commands/verify';
import { addGlobalOptions, applyConfigFile } from './global-options';
import { describeError } from './output';

const pipe = endOnClosedPipe();
const program = new Command('aiprod')
  .description('makes videos from prompts on your own GPU')
  .version(version)
  .exitOverride()
  .configureOutput({ writeOut: (text) => process.stdout.write(text), writeErr: (text) => process.stderr.write(text) });

function subcommand(name: string, add: (command: Command) => void): void {
  const command = program.command(name).exitOverride();
  add(command);
  addGlobalOptions(command);
  command.hook('preAction', (_, action) => applyConfigFile(action));
}

subcommand('generate', addGenerate);
subcommand('encode', addEncode);
subcommand('decode', addDecode);
subcommand('render', addRender);
subcommand('preprocess', addPreprocess);
subcommand('train', addTrain);
subcommand('verify', addVerify);
subcommand('bench', addBench);
subcommand('doctor', addDoctor);
addMetrics(program.command('metrics').exitOverride());
addSync(program.command('sync').exitOverride());
addValidate(program.command('validate').exitOverride());
addPrompt(program.command('prompt').exitOverride());
addTokenize(program.command('tokenize').exitOverride());
addModels(program.command('models').exitOverride());

try {
  await program.parseAsync();
} catch (error) {
  if (pipe.closed) process.exitCode = 0;
  else if (error instanceof CommanderError) {
    // Help and version end with 0; everything else commander refuses is bad usage.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
// Dawn keeps threads alive; everything that must be written has been awaited.
await flushed(process.stdout);
await flushed(process.stderr);
process.exit();

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
