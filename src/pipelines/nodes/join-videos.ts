import { z } from 'zod';
import { joinVideos } from '../../models';
import { nodeKind } from '../dag';
import { videoOf } from './video-value';

/** `videos` [1, 3, F, H, W] one after the other: `video`. */
export const joinVideosKind = nodeKind({
  name: 'join-videos',
  version: 1,
  outputs: ['video'],
  keep: 'never',
  settings: z.strictObject({}),
  run: async (inputs) => ({ video: joinVideos(inputs.tensors('videos').map(videoOf), 2) }),
});
