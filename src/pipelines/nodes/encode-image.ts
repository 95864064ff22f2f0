import { z } from 'zod';
import { AiprodError } from '../../errors';
import { nodeKind, type NodeKind } from '../dag';
import type { VideoMachine } from '../video-machine';
import { identitySchema, videoOf } from './video-value';

const settings = z.strictObject({ model: identitySchema });

/** A picture `video` [1, 3, 1, S, S], -1 to 1, to `states` [1, K, D] of the model's image encoder. */
export function encodeImageKind(machine: VideoMachine): NodeKind {
  return nodeKind({
    name: 'encode-image',
    version: 1,
    outputs: ['states'],
    keep: 'store',
    settings,
    estimate: () => machine.estimates?.image() ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { signal, progress }) {
      if (machine.image === undefined) throw new AiprodError('internal', 'the model has no image encoder');
      progress(0, 1);
      const states = await machine.image.encode(videoOf(inputs.tensor('video')), signal);
      progress(1, 1);
      return { states };
    },
  });
}
