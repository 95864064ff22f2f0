import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { compileGraph, ParameterStore, planStreaming, ProgramInstance } from '../graph';
import { testContext, testValues } from '../graph/testing';
import { buildTransformerGraph, parseLtxTransformerConfig, timestepInput } from '../models';
import {
  EMBEDDED_MODEL_FILES,
  fetchFileTree,
  openWeightSet,
  parameterReader,
  parametersOf,
  readJsonObject,
  type FileTree,
} from '../weights';
import { openNodeFolder } from '../weights/node';

const folder = fileURLToPath(new URL('../../public/models/embedded', import.meta.url));

/** Serves the embedded model by ranges; every seventh request for weights finds a busy server, every tenth is cut off in the middle. */
function serve(request: IncomingMessage, response: ServerResponse, ranges: string[]): void {
  const bytes = readFileSync(join(folder, request.url ?? ''));
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    return;
  }
  const part = bytes.subarray(Number(first), Number(last) + 1);
  if (part.length > 1) ranges.push(`${request.url} ${request.headers.range}`);
  const headers = { 'content-range': `bytes ${first}-${last}/${bytes.length}`, 'content-length': part.length, etag: '"1"' };
  if (part.length > 1 && ranges.length % 7 === 0) {
    response.writeHead(429, { 'retry-after': '0' }).end();
  } else if (part.length > 1 && ranges.length % 10 === 0) {
    response.writeHead(206, headers);
    response.write(part.subarray(0, part.length >> 1), () => request.socket.destroy());
  } else response.writeHead(206, headers).end(part);
}

const tokens = 32;
const textLength = 8;

/** One evaluation of the transformer, whole or with its blocks streamed. */
async function predictionOf(tree: FileTree, streams: boolean): Promise<ArrayLike<number>> {
  const context = await testContext();
  const set = await openWeightSet(tree, 'transformer');
  const config = parseLtxTransformerConfig(await readJsonObject(tree, 'transformer/config.json'));
  const { graph } = buildTransformerGraph(config, { batch: 1, textLength, positions: { frames: 2, height: 4, width: 4 } });
  const program = compileGraph(graph, context);
  const parameters = new ParameterStore(context, parameterReader(parametersOf(set)));
  const streaming = streams ? { streaming: planStreaming(program, 'transformer_blocks') } : {};
  const instance = await ProgramInstance.create(program, context, parameters, streaming);
  try {
    const outputs = await instance.run({
      hidden_states: testValues(tokens * config.in_channels, 1),
      encoder_hidden_states: testValues(textLength * config.caption_channels, 2),
      encoder_attention_mask: new Float32Array(textLength).fill(1),
      timestep_sinusoid: timestepInput(Float32Array.of(700)),
    });
    return outputs.get('sample')?.data ?? [];
  } finally {
    instance.destroy();
    parameters.destroy();
    await set.close();
  }
}

it('a step of weights streamed from a web server that is busy and cuts connections is that of weights at hand, bit for bit', async () => {
  const ranges: string[] = [];
  const server = createServer((request, response) => serve(request, response, ranges));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    const far = fetchFileTree(`http://127.0.0.1:${address.port}`, {
      files: EMBEDDED_MODEL_FILES,
      wholeUpTo: 0,
      wait: () => Promise.resolve(),
    });
    const near = await predictionOf(await openNodeFolder(folder), false);
    expect(near.length).toBeGreaterThan(0);
    expect(await predictionOf(far, true)).toEqual(near);
    // Some were asked for again.
    expect(new Set(ranges).size).toBeLessThan(ranges.length);
  } finally {
    server.close();
  }
});
