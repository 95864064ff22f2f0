import { basename, dirname, resolve } from 'node:path';
import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { AiprodError } from '../../errors';
import { inspectWeights, modelBytes, openWeightSet, type WeightSummary } from '../../weights';
import { openNodeFolder } from '../../weights/node';
import { addGlobalOptions, outputOf, readGlobalOptions } from '../global-options';
import { modelStore, openModel } from '../model-location';
import { formatBytes } from '../output';
import { addPack } from './model-pack';
import { addStoreCommands, licenceOf } from './model-store';

export function addModels(command: Command): void {
  command.description('adds, checks and looks at models and weight files');
  const list = command.command('list').description('models that are here: the embedded one, and those of the store').exitOverride();
  addGlobalOptions(list).action(() => listModels(list));
  const inspect = command
    .command('inspect')
    .description('tensors, types, sizes, metadata and the recognised architecture of a weight file')
    .argument('<file>', 'a .safetensors or .gguf file, an index of shards, or a folder that holds one')
    .exitOverride();
  addGlobalOptions(inspect).action((file: string) => inspectFile(inspect, file));
  addPack(command);
  addStoreCommands(command);
}

async function listModels(command: Command): Promise<void> {
  const output = outputOf(readGlobalOptions(command));
  const model = await openModel('embedded');
  const { defaults } = model.traits;
  const entries = await modelStore().list();
  const stored = entries.map((entry) =>
    entry.state === 'begun'
      ? { name: entry.name, state: entry.state }
      : {
          name: entry.name,
          state: entry.state,
          weightBytes: modelBytes(entry.manifest),
          licence: entry.manifest.licence ?? null,
          origin: entry.manifest.origin,
          sha256: Object.fromEntries(entry.manifest.files.map(({ path, sha256 }) => [path, sha256])),
        },
  );
  output.json([{ name: model.name, state: 'whole', weightBytes: model.weightBytes, licence: 'Apache-2.0', defaults }, ...stored]);
  output.line(
    `embedded  ${formatBytes(model.weightBytes)}  ${defaults.width}x${defaults.height}, ${defaults.frames} frames at ${defaults.frameRate} fps  Apache-2.0`,
  );
  for (const entry of entries) {
    if (entry.state === 'begun') output.line(`${entry.name}  not finished: add it again to go on, or remove it`);
    else
      output.line(
        `${entry.name}  ${formatBytes(modelBytes(entry.manifest))}  ${entry.manifest.origin.location}  licence ${licenceOf(entry.manifest)}`,
      );
  }
  await model.close();
}

async function inspectFile(command: Command, file: string): Promise<void> {
  const output = outputOf(readGlobalOptions(command));
  const path = resolve(file);
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (cause) {
    throw new AiprodError('bad-input', 'there is no such file', { where: file, hint: 'Check the path' }, { cause });
  }
  const tree = await openNodeFolder(isFolder ? path : dirname(path));
  const weights = await openWeightSet(tree, isFolder ? '' : basename(path));
  try {
    const summary = inspectWeights(weights);
    output.json(summary);
    for (const line of summaryLines(summary)) output.line(line);
  } finally {
    await weights.close();
  }
}

function summaryLines(summary: WeightSummary): string[] {
  const architectures = summary.architectures.map(
    (found) => `${found.kind} (${found.naming} names${'version' in found ? `, ${found.version}` : ''})`,
  );
  return [
    `${summary.name}: ${summary.parameters.toLocaleString('en')} parameters in ${summary.tensors.length} tensors, ${formatBytes(summary.bytes)}`,
    `architecture: ${architectures.length === 0 ? 'not recognised' : architectures.join(', ')}`,
    `types: ${summary.dtypes.map(({ dtype, tensors, bytes }) => `${dtype} (${tensors} tensors, ${formatBytes(bytes)})`).join(', ')}`,
    ...Object.entries(summary.metadata).map(([key, value]) => `${key}: ${oneLine(value)}`),
    ...summary.notes,
    ...summary.tensors.map((tensor) => `${tensor.name}  ${tensor.dtype}  [${tensor.shape.join(', ')}]  ${formatBytes(tensor.bytes)}`),
  ];
}

/** Text of a file that may hold anything, for one line of a terminal. */
function oneLine(text: string): string {
  const plain = text.replace(/\p{Cc}+/gu, ' ');
  return plain.length <= 200 ? plain : `${plain.slice(0, 197)}...`;
}
