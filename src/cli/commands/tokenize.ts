import { isAbsolute, join } from 'node:path';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { openTokenizer } from '../../text';
import { readFileOf } from '../../weights';
import { openNodeFolder } from '../../weights/node';
import { locateModel } from '../model-location';

export function addTokenize(command: Command): void {
  command
    .description('prints the token ids of a text as JSON')
    .argument('<text>', 'the text')
    .requiredOption('--encoder <name>', 'embedded, a model folder, or a folder with tokenizer.json')
    .action((text: string, options: { encoder: string }) => tokenize(text, options.encoder));
}

async function tokenize(text: string, encoder: string): Promise<void> {
  const folder = await locateModel(encoder);
  const nested = join(folder, 'tokenizer');
  const path = existsSync(nested) ? nested : folder;
  const tree = await openNodeFolder(isAbsolute(path) ? path : join(process.cwd(), path));
  const tokenizer = await openTokenizer({
    name: encoder,
    readText: (file) => tree.readText(file),
    readBytes: (file) => readFileOf(tree, file),
  });
  process.stdout.write(`${JSON.stringify([...tokenizer.frame.start, ...tokenizer.encode(text), ...tokenizer.frame.end])}\n`);
}
