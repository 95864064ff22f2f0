import { z } from 'zod';
import type { Waveform } from '../../audio';
import { AiprodError } from '../../errors';
import { nodeKind, type Json, type NodeKind, type TensorValue } from '../dag';
import type { VideoMachine } from '../video-machine';
import { waveformOf } from './decode';

/**
 * Writes a video [1, 3, F, H, W], with its sound where it has one, a sound [channels, samples] or latents [1, C, F, H, W] to a target that the caller named; returns
 * what there is to tell.
 */
export type WriteTarget = (target: string, value: TensorValue, signal: AbortSignal, sound?: Waveform) => Promise<Json>;

const settings = z.strictObject({ target: z.string(), soundRate: z.int().positive().optional() });

/** `value`, and `audio` with it, to a file, or wherever the target is: `report`. */
export function writeKind(machine: VideoMachine, write: WriteTarget | undefined): NodeKind {
  return nodeKind({
    name: 'write',
    version: 1,
    outputs: ['report'],
    keep: 'never',
    settings,
    async run(inputs, { settings: { target, soundRate }, signal, progress }) {
      if (write === undefined) throw new AiprodError('internal', 'there is nothing to write with');
      progress(0, 1);
      const report = await write(target, inputs.tensor('value'), signal, waveformOf(machine, inputs.optionalTensor('audio'), soundRate));
      progress(1, 1);
      return { report };
    },
  });
}
