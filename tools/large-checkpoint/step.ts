/** One denoising step of a large transformer within a memory budget, with its blocks streamed from the disk. */
import { stat } from 'node:fs/promises';
import { createGpuContext } from '../../src/gpu';
import { acquireNodeDevice } from '../../src/gpu/node';
import { compileGraph, ParameterStore, ProgramInstance, storeParametersAs, streamWithin } from '../../src/graph';
import { buildTransformerGraph, parseLtxTransformerConfig, timestepInput } from '../../src/models';
import { randomNormal } from '../../src/numeric/random';
import { chooseEncodings, inspectWeights, openWeightSet, parameterReader, parametersOf, type WeightOption } from '../../src/weights';
import { openNodeFolder } from '../../src/weights/node';

export interface LargeStep {
  readonly folder: string;
  readonly budgetBytes: number;
  readonly weights: WeightOption;
  /** `auto`, `software`, or a part of an adapter's name. */
  readonly device: string;
  /** Latent frames, rows and columns. */
  readonly size: readonly [number, number, number];
}

export async function runLargeStep({ folder, budgetBytes, weights, device, size: [frames, height, width] }: LargeStep): Promise<void> {
  const say = (text: string): void => console.info(text);
  const tree = await openNodeFolder(folder);
  let start = performance.now();
  const set = await openWeightSet(tree, '');
  const summary = inspectWeights(set);
  say(
    `opened and inspected in ${((performance.now() - start) / 1000).toFixed(3)} s: ${summary.parameters} parameters, ${summary.bytes} bytes, ${summary.architectures.map(({ kind }) => kind).join()}`,
  );
  say(`on disk ${(await stat(`${folder}/diffusion_pytorch_model.safetensors`)).size} bytes`);

  const source = parametersOf(set);
  const config = parseLtxTransformerConfig(JSON.parse((await tree.readText('config.json')) ?? '{}'), folder);
  const textLength = 128;
  const context = createGpuContext(await acquireNodeDevice({ preference: device, log: say }));
  const { graph } = buildTransformerGraph(config, { batch: 1, textLength, positions: { frames, height, width } });
  const program = compileGraph(storeParametersAs(graph, chooseEncodings(source, weights, 'f32')), context);
  const streaming = streamWithin(program, 'transformer_blocks', budgetBytes);
  say(`planned ${program.memory.totalBytes} bytes whole, ${streaming?.memory.totalBytes ?? program.memory.totalBytes} bytes as it runs`);

  const parameters = new ParameterStore(context, parameterReader(source));
  start = performance.now();
  const instance = await ProgramInstance.create(program, context, parameters, streaming === undefined ? {} : { streaming });
  say(`ready after ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const tokens = frames * height * width;
  start = performance.now();
  const outputs = await instance.run({
    hidden_states: randomNormal(1, 0, tokens * config.in_channels),
    encoder_hidden_states: randomNormal(1, 1, textLength * config.caption_channels),
    encoder_attention_mask: new Float32Array(textLength).fill(1),
    timestep_sinusoid: timestepInput(Float32Array.of(700)),
  });
  const seconds = (performance.now() - start) / 1000;
  const sample = outputs.get('sample')?.data ?? [];
  const finite = Array.from(sample).every(Number.isFinite);
  const norm = Math.sqrt(Array.from(sample).reduce((sum, value) => sum + value * value, 0) / sample.length);
  say(`one step of ${tokens} tokens in ${seconds.toFixed(1)} s; ${finite ? 'finite' : 'NOT FINITE'}, root mean square ${norm.toFixed(4)}`);
  say(`held at most ${context.allocator.peakBytes} bytes of GPU memory; the process ${process.memoryUsage.rss()} bytes`);
  instance.destroy();
  parameters.destroy();
  await set.close();
  context.gpu.destroy();
}
