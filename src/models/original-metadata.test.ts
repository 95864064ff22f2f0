import { expect, it } from 'vitest';
import { parseOriginalMetadata } from './original-metadata';
import { originalTransformer2B } from './testing/released-configs';

it('configurations are read from the metadata of a file', () => {
  const config = { transformer: originalTransformer2B, vae: null, scheduler: { sampler: 'Uniform' }, allowed_inference_steps: [1, 0.5] };
  expect(parseOriginalMetadata(new Map([['config', JSON.stringify(config)]]), 'x')).toEqual(config);
  expect(parseOriginalMetadata(new Map([['format', 'pt']]), 'x')).toEqual({});
  for (const wrong of ['{', '[]', '{"transformer":3}', '{"allowed_inference_steps":[0]}', '{"allowed_inference_steps":[]}']) {
    expect(() => parseOriginalMetadata(new Map([['config', wrong]]), 'x')).toThrow(/metadata of the file is malformed/);
  }
});
