import { AiprodError } from '../../errors';
import type { GpuContext } from '../../gpu';
import { ProgramInstance, type ParameterReader, type ParameterStore, type Program } from '../../graph';
import { decodeTimestepInput, decodeTimestepScaleName, type Video } from '../../models';
import { videoOf } from '../nodes/video-value';
import { runForFloats } from '../program-run';
import type { DecodeTile } from './decode-frames';
import type { LatentSize } from './tile-plan';

/** What a decoder is fed beside latents. */
export interface DecoderConditions {
  /** Size of the whole latents. */
  readonly latents: LatentSize;
  /** Decode timestep, 0 to 1, for timestep-conditioned models. */
  readonly timestep?: number;
  /** Standard normal numbers of a draw (0, 1, ... in order of use), for layers that inject noise. */
  readonly noise: (draw: number, count: number) => Float32Array;
  /** Reads weights of the VAE. */
  readonly read: ParameterReader;
}

/**
 * Inputs of a decoder of one tile, beside its latents. A layer's noise is drawn for the whole picture and cut for the tile, so that
 * neighbouring tiles, and a decode without tiles, see the same.
 *
 * @param wanted shapes of the program's inputs by name
 */
export async function tileConditions(
  { latents, timestep, noise, read }: DecoderConditions,
  wanted: ReadonlyMap<string, readonly number[]>,
): Promise<(origin: LatentSize, tile: Video) => Record<string, Float32Array>> {
  const fixed: Record<string, Float32Array> = {};
  const timestepShape = wanted.get('timestep_sinusoid');
  if (timestepShape !== undefined) {
    if (timestep === undefined) throw new AiprodError('internal', 'a timestep-conditioned decoder was given no timestep');
    const [scale] = await read(decodeTimestepScaleName);
    fixed.timestep_sinusoid = decodeTimestepInput(new Float32Array(timestepShape[0]).fill(timestep), scale);
  }
  const noised = [...wanted].filter(([name]) => name.startsWith('noise.'));
  const planes = new Map<string, Float32Array>();
  return (origin, tile) => {
    const inputs = { ...fixed };
    for (const [name, [rows, columns]] of noised) {
      const perLatent = rows / tile.shape[3];
      const width = latents.columns * perLatent;
      const plane = planes.get(name) ?? noise(Number(name.slice('noise.'.length)), latents.rows * perLatent * width);
      planes.set(name, plane);
      const cut = new Float32Array(rows * columns);
      for (let y = 0; y < rows; y++) {
        const from = (origin.rows * perLatent + y) * width + origin.columns * perLatent;
        cut.set(plane.subarray(from, from + columns), y * columns);
      }
      inputs[name] = cut;
    }
    return inputs;
  };
}

export interface TileDecoderOptions extends DecoderConditions {
  readonly context: GpuContext;
  readonly program: Program;
  /** Holds the weights; freed by the caller. */
  readonly parameters: ParameterStore;
  readonly signal: AbortSignal;
  /** Name of what a tile is. Default `latents`. */
  readonly input?: string;
}

/** One program on the device that decodes tile after tile. */
export interface TileDecoder {
  readonly decode: DecodeTile;
  /** Frees the program's buffers. */
  destroy(): void;
}

/** Loads what the program needs onto the device. */
export async function openTileDecoder(options: TileDecoderOptions): Promise<TileDecoder> {
  const { program, context, parameters, signal, input = 'latents' } = options;
  const wanted = new Map(program.buffers.flatMap((buffer) => (buffer.kind === 'input' ? [[buffer.name, buffer.type.shape] as const] : [])));
  const conditions = await tileConditions(options, wanted);
  const instance = await ProgramInstance.create(program, context, parameters);
  return {
    async decode(tile, origin) {
      const inputs = { ...conditions(origin, tile), [input]: tile.data };
      return videoOf(await runForFloats(instance, inputs, 'sample', signal));
    },
    destroy: () => instance.destroy(),
  };
}
