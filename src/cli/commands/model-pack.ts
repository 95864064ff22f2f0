import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { decodedEncodings, type DecodedEncoding } from '../../graph';
import { fingerprintFile } from '../../pipelines';
import { openWeightSet, packsIntoGguf, planPack, type FileTree, type WeightSet } from '../../weights';
import { openNodeFolder, writePackedFile } from '../../weights/node';
import { addGlobalOptions, outputOf, readGlobalOptions } from '../global-options';
import { abortOnSignals } from '../interrupt';
import { locateModel } from '../model-location';
import { formatBytes, type Output } from '../output';

const optionsSchema = z.object({
  out: z.string(),
  encoding: z.string().transform((name, context): DecodedEncoding => {
    const found = decodedEncodings.find((encoding) => encoding === name);
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: `one of ${decodedEncodings.join(', ')}` });
    return z.NEVER;
  }),
});

/** What one weight file became. */
interface PackedReport {
  readonly file: string;
  readonly bytesBefore: number;
  readonly bytes: number;
  readonly weights: number;
  /** Weights by encoding; `stored` those copied as they are. */
  readonly encodings: Readonly<Record<string, number>>;
}

export function addPack(models: Command): void {
  const command = models
    .command('pack')
    .description('quantises dense layers and convolutions into smaller files that open as a model; see docs/weights.md')
    .argument('<model>', 'embedded, a name of the store, a folder in diffusers layout, or a weight file')
    .requiredOption('--out <path>', 'folder for a folder, .safetensors (or .gguf for blocks) for a file; must not exist')
    .addOption(new Option('--encoding <name>', 'what weights become').choices(decodedEncodings).default('int8'))
    .exitOverride();
  addGlobalOptions(command).action((model: string) => pack(command, model));
}

async function pack(command: Command, model: string): Promise<void> {
  const output = outputOf(readGlobalOptions(command));
  const { out, encoding } = optionsSchema.parse(command.opts());
  const from = resolve(await locateModel(model));
  const target = resolve(out);
  await requireAbsent(target);
  const interrupt = abortOnSignals();
  try {
    const isFolder = await isDirectory(from);
    const reports = isFolder
      ? await packFolder(from, target, encoding, output, interrupt.signal)
      : [await packOne(from, target, encoding, output, interrupt.signal)];
    output.json({ out: target, encoding, files: reports });
    for (const report of reports) output.line(reportLine(report));
    output.line(`packed into ${target}`);
  } finally {
    interrupt.dispose();
  }
}

async function packOne(
  from: string,
  target: string,
  encoding: DecodedEncoding,
  output: Output,
  signal: AbortSignal,
): Promise<PackedReport> {
  requireEnding(target, encoding);
  const tree = await openNodeFolder(dirname(from));
  return packSet(tree, basename(from), target, encoding, output, signal);
}

/** Copies a folder with its weights packed: every folder within that holds weights, and the rest as it is. */
async function packFolder(
  from: string,
  target: string,
  encoding: DecodedEncoding,
  output: Output,
  signal: AbortSignal,
): Promise<PackedReport[]> {
  const aside = `${target}.partial-${process.pid}`;
  const tree = await openNodeFolder(from);
  const files = await tree.list();
  const folders = [...new Set(files.filter(isWeightFile).map((file) => dirname(file)))];
  if (folders.length === 0)
    throw new AiprodError('bad-input', 'there are no weights to pack', { where: from, expected: '.safetensors or .gguf files' });
  await createFolder(aside);
  try {
    for (const file of files) {
      if (isWeightFile(file) || file.endsWith('.safetensors.index.json')) continue;
      await mkdir(dirname(join(aside, file)), { recursive: true });
      await cp(join(from, file), join(aside, file));
    }
    const reports: PackedReport[] = [];
    for (const folder of folders) {
      const name = `model.${packsIntoGguf(encoding) ? 'gguf' : 'safetensors'}`;
      await mkdir(join(aside, folder), { recursive: true });
      const report = await packSet(tree, folder === '.' ? '' : folder, join(aside, folder, name), encoding, output, signal);
      reports.push({ ...report, file: join(folder, name) });
    }
    await rename(aside, target);
    return reports;
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

async function packSet(
  tree: FileTree,
  path: string,
  target: string,
  encoding: DecodedEncoding,
  output: Output,
  signal: AbortSignal,
): Promise<PackedReport> {
  const weights = await openWeightSet(tree, path);
  try {
    const plan = planPack(weights, encoding);
    // GGUF keeps the types of what it says of a model, such as a text encoder's sizes.
    const values = packsIntoGguf(encoding) ? weights.files[0].values : undefined;
    const text = values === undefined ? Object.fromEntries(weights.metadata) : {};
    const metadata = { ...text, ...(await provenance(tree, path, weights, encoding)) };
    const bytes = await writePackedFile({
      path: target,
      plan,
      encoding,
      metadata,
      ...(values === undefined ? {} : { values }),
      architecture: weights.metadata.get('general.architecture') ?? architectureOf(weights),
      signal,
      onWeight: (done) => output.progress({ kind: 'progress', stage: 'write', step: done, steps: plan.length }),
    });
    const counts: Record<string, number> = {};
    for (const { encoding: became } of plan) counts[became ?? 'stored'] = (counts[became ?? 'stored'] ?? 0) + 1;
    const bytesBefore = [...weights.tensors.values()].reduce((sum, tensor) => sum + tensor.byteLength, 0);
    return { file: basename(target), bytesBefore, bytes, weights: plan.length, encodings: counts };
  } finally {
    await weights.close();
  }
}

/** Where packed weights come from: hashes of the files, and the config beside them, which a single file would lose. */
async function provenance(tree: FileTree, path: string, weights: WeightSet, encoding: DecodedEncoding): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const { name } of weights.files) {
    const file = relative(tree.name, name);
    const source = await tree.open(file);
    if (source === undefined) throw new AiprodError('bad-input', 'a weight file vanished while it was in use', { where: file });
    try {
      hashes[file] = await fingerprintFile(source);
    } finally {
      await source.close?.();
    }
  }
  const folder = isWeightFile(path) ? '' : path;
  const config = weights.metadata.has('config') ? undefined : await tree.readText(join(folder, 'config.json'));
  return {
    'aiprod.encoding': encoding,
    'aiprod.sources': JSON.stringify(hashes),
    ...(config === undefined ? {} : { config: JSON.stringify(JSON.parse(config)) }),
  };
}

/** What GGUF files call a model, by its tensors. */
function architectureOf({ tensors }: WeightSet): string {
  const names = [...tensors.keys()];
  if (names.some((name) => name.includes('SelfAttention') || name.startsWith('enc.blk'))) return 't5encoder';
  return names.some((name) => name.includes('transformer_blocks')) ? 'ltxv' : 'ltx-vae';
}

function reportLine({ file, bytesBefore, bytes, encodings }: PackedReport): string {
  const parts = Object.entries(encodings).map(([name, count]) => `${count} ${name}`);
  return `${file}  ${formatBytes(bytesBefore)} to ${formatBytes(bytes)} (${((bytes / bytesBefore) * 100).toFixed(1)} %)  ${parts.join(', ')}`;
}

function isWeightFile(path: string): boolean {
  return path.endsWith('.safetensors') || path.endsWith('.gguf');
}

function requireEnding(target: string, encoding: DecodedEncoding): void {
  const ending = packsIntoGguf(encoding) ? '.gguf' : '.safetensors';
  if (target.endsWith(ending)) return;
  throw new AiprodError('bad-usage', `weights in ${encoding} are packed into a ${ending} file`, {
    expected: `--out FILE${ending}`,
    found: target,
  });
}

async function requireAbsent(target: string): Promise<void> {
  const there = await stat(target).catch(() => undefined);
  if (there === undefined) return;
  throw new AiprodError('bad-usage', 'there is something at --out already', {
    where: target,
    hint: 'Choose another path, or remove it first',
  });
}

/** @throws AiprodError 'unwritable-output'; what is there already is someone's, and stays */
async function createFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new AiprodError('unwritable-output', 'the packed folder cannot be written', {
      where: path,
      found,
      hint: 'Check the folder around it',
    });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new AiprodError('bad-input', 'there is no such model', { where: path, hint: 'Check the path' }, { cause });
  }
}
