import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPrecomputedSet } from '../../data';
import { openLocalSource } from '../../data/node';
import { addLowRankBranches, elementCount, evaluateGraph, plainestCapabilities } from '../../graph';
import { openLora, openVideoModel, withLoras } from '../../pipelines';
import { randomNormal } from '../../numeric/random';
import { flowLossName } from '../../training';
import { writeSafetensors } from '../../weights';
import { openNodeFolder } from '../../weights/node';
import { trainingConfigSchema } from '../config';
import { sampleFolders } from '../config/to-training';
import { openSubject } from '../subject/open-subject';
import { writeImageSet, writeSoundSet } from '../testing';
import { loraFile } from './lora-file';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-lora-file-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const models = [
  {
    name: 'LTX-2',
    writer: ['tiny-ltx2', '1'],
    writeSet: writeSoundSet,
    strategy: { name: 'text_to_video', with_audio: true },
    targets: ['to_q', 'to_k', 'to_v', 'to_out.0', 'net.0.proj', 'net.2', 'proj_in', 'audio_proj_in'],
  },
  {
    name: 'Wan 2.1 of image to video',
    writer: ['tiny-wan', 'image-to-video'],
    writeSet: writeImageSet,
    strategy: { name: 'text_to_video' },
    targets: ['to_q', 'to_k', 'to_v', 'to_out.0', 'add_k_proj', 'add_v_proj', 'net.0.proj', 'net.2'],
  },
];

it.each(models)('a LoRA of $name is read back for every layer, and predicts what the trainer does', async (entry) => {
  const { name, writer, writeSet, strategy, targets } = entry;
  const [tool, kind] = writer;
  const [modelPath, setPath] = [join(folder, tool), join(folder, `${tool}-set`)];
  execFileSync(process.execPath, [fileURLToPath(new URL(`../../../tools/${tool}/write-folder.mjs`, import.meta.url)), modelPath, kind]);
  writeSet(setPath);
  const model = await openVideoModel({ checkpoint: { tree: await openNodeFolder(modelPath), path: '' } }, name);
  try {
    const sections = { training_strategy: strategy, data: { preprocessed_data_root: setPath }, output_dir: 'run' };
    const adapter = { rank: 2, alpha: 3, target_modules: targets };
    const config = trainingConfigSchema.parse({ ...sections, lora: adapter });
    const context = { capabilities: plainestCapabilities, gpu: { adapter: { description: 'none' } } } as Parameters<typeof openSubject>[2];
    const { part, batch } = await openSubject(model, config, context);
    const set = await openPrecomputedSet(await openLocalSource(setPath), sampleFolders(config, model));
    const key = { seed: 1, step: 0 };
    const { inputs, shapes } = batch([await set.read(0)], { config, key });

    /** As if they had been trained. */
    const trained = new Map([...part.shapes].map(([weight, shape], k) => [weight, randomNormal(3, k, elementCount(shape))]));
    const read = (weight: string): Float32Array => trained.get(weight) ?? new Float32Array();
    const { tensors, metadata } = await loraFile(part, adapter, (weight) => Promise.resolve(read(weight)));
    writeFileSync(join(folder, `${tool}.safetensors`), writeSafetensors(tensors, metadata));
    const opened = await openLora({ tree: await openNodeFolder(folder), path: `${tool}.safetensors` }, model, 'own');
    expect(opened.lora?.keyStyle).toBe('diffusers');
    expect([...(opened.lora?.ranks ?? [])].sort()).toEqual([...part.ranks].sort());
    for (const target of targets)
      expect(
        [...part.ranks.keys()].some((weight) => weight.endsWith(`${target}.weight`)),
        target,
      ).toBe(true);

    const whole = trainingConfigSchema.parse({ ...sections, model: { training_mode: 'full' } });
    const base = await openSubject(model, whole, context);
    const plain = base.batch([await set.read(0)], { config: whole, key });
    const adapted = await withLoras(model, [{ opened, scale: 1 }]);
    const lossOf = async (...[graph, given, reader]: Parameters<typeof evaluateGraph>): Promise<number> =>
      Number((await evaluateGraph(graph, given, reader)).get(flowLossName)?.data[0]);
    const byTrainer = await lossOf(shapes.graph(), inputs, (weight) => trained.get(weight) ?? part.read(weight));
    const byFile = await lossOf(
      addLowRankBranches(plain.shapes.graph(), adapted.liveLoras.adapters),
      { ...plain.inputs, ...adapted.liveLoras.inputs },
      adapted.reader('transformer'),
    );
    const without = await lossOf(plain.shapes.graph(), plain.inputs, base.part.read);
    expect(Math.abs(byFile / byTrainer - 1)).toBeLessThan(1e-5);
    expect(Math.abs(without / byTrainer - 1)).toBeGreaterThan(0.01);
    await opened.close();
  } finally {
    await model.close();
  }
});
