import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { existsSync, statSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import {
  hubOrigin,
  isHubId,
  modelBytes,
  modelNameOf,
  openWeightSet,
  parametersOf,
  urlOrigin,
  type FileTree,
  type ModelManifest,
  type RemoteModel,
  type StoreProgress,
} from '../../weights';
import { openNodeFolder } from '../../weights/node';
import { addGlobalOptions, outputOf, readGlobalOptions } from '../global-options';
import { abortOnSignals } from '../interrupt';
import { locateModel, modelStore } from '../model-location';
import { formatBytes, type Output } from '../output';

const addSchema = z.object({ name: z.string().optional(), revision: z.string().optional(), sha256: z.string().optional() });

/** The commands over the store: add, verify, remove. */
export function addStoreCommands(command: Command): void {
  const add = command
    .command('add')
    .description('adds a model: from a path (files stay where they are), an address, or a hub id OWNER/NAME[/FILE]')
    .argument('<source>', 'path, https address, or hub id')
    .addOption(new Option('--name <name>', 'name to ask for it by; by default from the source'))
    .addOption(new Option('--revision <revision>', 'branch, tag or commit of a hub repository'))
    .addOption(new Option('--sha256 <hash>', 'hash that the file at an address must have'))
    .exitOverride();
  addGlobalOptions(add).action((source: string) => addModel(add, source));
  const verify = command
    .command('verify')
    .description('compares the files of a model with their hashes, and reads every weight for numbers that are not finite')
    .argument('<model>', 'a name of the store, or a weight file or folder')
    .exitOverride();
  addGlobalOptions(verify).action((model: string) => verifyModel(verify, model));
  const remove = command
    .command('remove')
    .description('removes a model of the store; files that were added by path stay')
    .argument('<model>', 'a name of the store')
    .exitOverride();
  addGlobalOptions(remove).action(async (model: string) => {
    await modelStore().remove(model);
    const output = outputOf(readGlobalOptions(remove));
    output.json({ removed: model });
    output.line(`removed ${model}`);
  });
}

async function addModel(command: Command, source: string): Promise<void> {
  const options = addSchema.parse(command.opts());
  const output = outputOf(readGlobalOptions(command));
  const interrupt = abortOnSignals();
  try {
    const store = modelStore();
    const onProgress = progressLines(output);
    const { signal } = interrupt;
    let manifest: ModelManifest;
    if (existsSync(source)) {
      const { tree, paths, location } = await filesAt(resolve(source));
      manifest = await store.addReference(options.name ?? modelNameOf(source), location, tree, paths, { signal, onProgress });
    } else {
      const remote = await remoteModel(source, options, signal);
      manifest = await store.add(options.name ?? modelNameOf(source), remote, { signal, onProgress });
    }
    output.json(manifest);
    output.line(
      `added ${manifest.name}: ${manifest.files.length} files, ${formatBytes(modelBytes(manifest))}, licence ${licenceOf(manifest)}`,
    );
    output.line(`use it with: aiprod generate --model ${manifest.name} --prompt ...`);
  } finally {
    interrupt.dispose();
  }
}

async function remoteModel(source: string, options: z.output<typeof addSchema>, signal: AbortSignal): Promise<RemoteModel> {
  if (/^https?:/i.test(source)) {
    const remote = urlOrigin(source);
    const hash = options.sha256?.toLowerCase();
    return hash === undefined ? remote : { ...remote, files: remote.files.map((file) => ({ ...file, sha256: hash })) };
  }
  if (isHubId(source) && !isAbsolute(source)) {
    const { HF_ENDPOINT: hub, HF_TOKEN: token } = process.env;
    return hubOrigin(source, {
      signal,
      ...(hub ? { hub } : {}),
      ...(token ? { token } : {}),
      ...(options.revision === undefined ? {} : { revision: options.revision }),
    });
  }
  throw new AiprodError('bad-input', 'there is no such model to add', {
    where: source,
    expected: 'a path that exists, an https address, or a hub id OWNER/NAME',
    hint: 'Check the spelling',
  });
}

/** A path's files: one weight file, or all that a model folder holds. */
async function filesAt(path: string): Promise<{ tree: FileTree; paths: string[]; location: string }> {
  if (!statSync(path).isDirectory()) {
    const tree = await openNodeFolder(dirname(path));
    const set = await openWeightSet(tree, basename(path));
    await set.close();
    return { tree, paths: [basename(path)], location: path };
  }
  const tree = await openNodeFolder(path);
  const paths = (await tree.list()).filter((file) => !file.split('/').some((part) => part.startsWith('.')));
  if (!paths.some((file) => /\.(safetensors|gguf)$/.test(file))) {
    throw new AiprodError('bad-input', 'the folder holds no model', {
      where: path,
      expected: '.safetensors or .gguf files',
      found: `${paths.length} other files`,
    });
  }
  return { tree, paths, location: path };
}

async function verifyModel(command: Command, name: string): Promise<void> {
  const output = outputOf(readGlobalOptions(command));
  const interrupt = abortOnSignals();
  try {
    const store = modelStore();
    const manifest = await store.find(name);
    const problems: string[] = [];
    if (manifest !== undefined) {
      const outside = manifest.stored ? undefined : await filesAt(manifest.origin.location);
      const checks = await store.verify(name, outside?.tree, { signal: interrupt.signal, onProgress: progressLines(output) });
      for (const { path, damaged, bytes } of checks) {
        if (damaged.length > 0)
          problems.push(`${path}: ${damaged.length} pieces differ from their hash, ${bytes.found} of ${bytes.expected} bytes`);
      }
    }
    const location = await locateModel(name);
    for (const weights of await weightFilesAt(location)) problems.push(...(await unfitTensors(weights, interrupt.signal)));
    output.json({ model: name, hashed: manifest !== undefined, problems });
    for (const problem of problems) output.line(problem);
    if (problems.length > 0) {
      throw new AiprodError('check-failed', `${name} is damaged`, {
        found: `${problems.length} problems`,
        hint: 'Remove it and add it again',
      });
    }
    output.line(
      manifest === undefined
        ? `${name}: every weight is finite (no hashes: it is not in the store)`
        : `${name}: every file is as it was, every weight is finite`,
    );
  } finally {
    interrupt.dispose();
  }
}

interface WeightLocation {
  readonly tree: FileTree;
  readonly path: string;
}

async function weightFilesAt(location: string): Promise<WeightLocation[]> {
  if (!existsSync(location)) {
    throw new AiprodError('bad-input', 'there is no such model', {
      where: location,
      expected: 'a name of the store, or a path',
      hint: 'See aiprod models list',
    });
  }
  const { tree, paths } = await filesAt(resolve(location));
  return paths.filter((path) => /\.(safetensors|gguf)$/.test(path)).map((path) => ({ tree, path }));
}

/** Reads every tensor of a file and names those that hold NaN or infinity. */
async function unfitTensors({ tree, path }: WeightLocation, signal: AbortSignal): Promise<string[]> {
  const set = await openWeightSet(tree, path);
  try {
    const problems: string[] = [];
    const parameters = parametersOf(set);
    for (const name of parameters.names()) {
      if (signal.aborted) throw new AiprodError('cancelled', 'the check was cancelled');
      try {
        await parameters.load(name);
      } catch (error) {
        if (!(error instanceof AiprodError)) throw error;
        problems.push(error.message);
      }
    }
    return problems;
  } finally {
    await set.close();
  }
}

/** A line on stderr whenever another tenth of the work, or a gigabyte of unknown work, is done. */
function progressLines(output: Output): (progress: StoreProgress) => void {
  let last = -1;
  return ({ path, bytes, totalBytes }) => {
    const step = totalBytes === undefined || totalBytes === 0 ? Math.floor(bytes / 1e9) : Math.floor((bytes / totalBytes) * 10);
    if (step === last) return;
    last = step;
    output.info(`${path}: ${formatBytes(bytes)}${totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`}`);
  };
}

/** The licence as the origin states it, for people. */
export function licenceOf(manifest: ModelManifest): string {
  return manifest.licence ?? 'not stated by its origin';
}
