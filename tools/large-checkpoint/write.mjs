/**
 * Writes a random transformer of the shape of LTX-Video 2B in bf16, about 3.8 GB, in diffusers layout:
 *
 *     node tools/large-checkpoint/write.mjs FOLDER [BLOCKS]
 *
 * For trying out what a model larger than the memory budget does (tools/large-checkpoint/step.mjs). Weights go to the disk one
 * after the other; BLOCKS are 28 unless told.
 */
import { Buffer } from 'node:buffer';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const [folder, blocksText = '28'] = process.argv.slice(2);
const blocks = Number(blocksText);
if (folder === undefined || !Number.isInteger(blocks) || blocks < 1) {
  console.error('usage: node tools/large-checkpoint/write.mjs FOLDER [BLOCKS]');
  process.exit(2);
}

const width = 2048;
const config = {
  _class_name: 'LTXVideoTransformer3DModel',
  in_channels: 128,
  out_channels: 128,
  num_attention_heads: 32,
  attention_head_dim: 64,
  cross_attention_dim: width,
  num_layers: blocks,
  caption_channels: 4096,
};

/** Names and shapes of the reference class's state dict. */
function* tensors() {
  function* linear(name, outputs, inputs) {
    yield [`${name}.weight`, [outputs, inputs]];
    yield [`${name}.bias`, [outputs]];
  }
  yield* linear('proj_in', width, 128);
  yield ['scale_shift_table', [2, width]];
  yield* linear('time_embed.emb.timestep_embedder.linear_1', width, 256);
  yield* linear('time_embed.emb.timestep_embedder.linear_2', width, width);
  yield* linear('time_embed.linear', 6 * width, width);
  yield* linear('caption_projection.linear_1', width, 4096);
  yield* linear('caption_projection.linear_2', width, width);
  for (let block = 0; block < blocks; block++) {
    const prefix = `transformer_blocks.${block}`;
    yield [`${prefix}.scale_shift_table`, [6, width]];
    for (const attention of ['attn1', 'attn2']) {
      for (const layer of ['to_q', 'to_k', 'to_v', 'to_out.0']) yield* linear(`${prefix}.${attention}.${layer}`, width, width);
      for (const norm of ['norm_q', 'norm_k']) yield [`${prefix}.${attention}.${norm}.weight`, [width]];
    }
    yield* linear(`${prefix}.ff.net.0.proj`, 4 * width, width);
    yield* linear(`${prefix}.ff.net.2`, width, 4 * width);
  }
  yield* linear('proj_out', 128, width);
}

/** bf16 bits of numbers spread evenly about 0; norms about 1. */
function randomBits(count, isNorm, spread) {
  const values = new Float32Array(count);
  const bits = new Uint32Array(values.buffer);
  const result = new Uint16Array(count);
  for (let k = 0; k < count; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[k] = (isNorm ? 1 : 0) + (state / 4294967296 - 0.5) * spread;
    result[k] = bits[k] >>> 16;
  }
  return Buffer.from(result.buffer);
}

let state = 20261124;
const header = {};
let end = 0;
for (const [name, shape] of tensors()) {
  const begin = end;
  end += 2 * shape.reduce((product, size) => product * size, 1);
  header[name] = { dtype: 'BF16', shape, data_offsets: [begin, end] };
}
const json = Buffer.from(JSON.stringify(header));
const length = Math.ceil(json.length / 8) * 8;
const head = Buffer.alloc(8 + length, ' ');
head.writeBigUInt64LE(BigInt(length), 0);
json.copy(head, 8);

await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'config.json'), `${JSON.stringify(config, undefined, 2)}\n`);
const file = await open(join(folder, 'diffusion_pytorch_model.safetensors'), 'w');
await file.write(head);
// A row of weights adds up to about the size of what it multiplies.
for (const [name, shape] of tensors()) {
  const count = shape.reduce((product, size) => product * size, 1);
  await file.write(randomBits(count, name.includes('.norm_'), shape.length === 1 ? 0.1 : Math.sqrt(12 / shape[1])));
}
await file.close();
console.info(`${head.length + end} bytes in ${Object.keys(header).length} tensors`);
