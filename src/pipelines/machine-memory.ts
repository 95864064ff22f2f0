import { passesKey, type AudioLatentShape, type GuidancePass } from '../diffusion';
import { AiprodError } from '../errors';
import { streamAllNear, streamNear, type Program, type ProgramMemory, type StreamingPlan } from '../graph';
import { decodedAudioFrames, type VideoShape } from '../models';
import type { NodeEstimate } from './dag';
import type { MachinePrograms } from './machine-programs';
import type { ModelFamily, EncoderPart, TextShape } from './model-family';
import { memoryOf, type TilingChoice } from './tiling';
import { latentShapeOfPixels } from './video-vae';
import type { MachineEstimates, Stage, TransformerRequest } from './video-machine';

/** What a part of a model takes while it runs, and how it is made to fit. */
export interface PartMemory extends NodeEstimate {
  readonly component: string;
  /** Of the program as it runs. */
  readonly memory: ProgramMemory;
  /** Where not all blocks are in memory at a time. */
  readonly streaming?: StreamingPlan;
  /** Of a VAE: how it works on latents of a shape. */
  readonly tiling?: { readonly choice: TilingChoice; readonly latentShape: VideoShape };
  /** Held beside it to decode previews. */
  readonly preview?: ProgramMemory;
}

/** A program, and how its weights pass through memory where they do not stay. */
export interface PlannedProgram {
  readonly program: Program;
  readonly streaming: StreamingPlan | undefined;
}

/** How the programs of a model are made to fit a budget; known without weights or a device. */
export interface MachineMemory extends MachineEstimates {
  readonly plans: {
    encoder(part: EncoderPart, shape: TextShape): PlannedProgram;
    transformer(request: TransformerRequest, latentShape: VideoShape, passes: readonly GuidancePass[]): PlannedProgram;
  };
  /** Each part that text goes through, in their order. */
  textParts(shape: TextShape): PartMemory[];
  /** The encoder of images; none where a model has none. */
  imageParts(): PartMemory[];
  encode(shape: VideoShape): PartMemory;
  decode(shape: VideoShape): PartMemory;
  upsample(shape: VideoShape): PartMemory;
  /** The largest of the lists of passes. */
  transformer(request: TransformerRequest, latentShape: VideoShape): PartMemory;
  /** The audio VAE and the vocoder. */
  decodeAudio(shape: AudioLatentShape): PartMemory[];
}

export interface MemoryOptions {
  readonly family: ModelFamily;
  /** Whether a decoder for one frame is held while denoising. */
  readonly previews: boolean;
  /** Most bytes to take: above it blocks of the transformer and the text encoder are streamed, see streamNear. */
  readonly memoryBudget?: number;
}

export function machineMemory(programs: MachinePrograms, { family, previews, memoryBudget = Infinity }: MemoryOptions): MachineMemory {
  const tiled = (choice: TilingChoice, latentShape: VideoShape): PartMemory => {
    const memory = memoryOf(choice);
    const { totalBytes, parameterBytes: weightBytes } = memory;
    return { component: 'vae', memory, totalBytes, weightBytes, tiling: { choice, latentShape } };
  };
  const planEncoder = (own: EncoderPart, shape: TextShape): PlannedProgram => {
    const program = programs.encoder(own, shape);
    return { program, streaming: own.blocks === undefined ? undefined : streamNear(program, own.blocks, memoryBudget) };
  };
  const textParts = (shape: TextShape): PartMemory[] =>
    family.textParts.map((own) => {
      const { program, streaming } = planEncoder(own, shape);
      return part(own.component, program, streaming);
    });
  const imageParts = (): PartMemory[] => {
    if (family.image === undefined) return [];
    const { part: own } = family.image;
    const { program, streaming } = planEncoder(own, { batch: 1 });
    return [part(own.component, program, streaming)];
  };
  const previewOf = (latentShape: VideoShape): ProgramMemory | undefined =>
    previews ? programs.decoder(oneFrame(latentShape)).memory : undefined;
  const planTransformer = (request: TransformerRequest, latentShape: VideoShape): ReadonlyMap<string, PlannedProgram> => {
    const own = programs.transformer(request);
    const budget = memoryBudget - (previewOf(latentShape)?.totalBytes ?? 0);
    const plans = streamAllNear([...own.values()], family.transformerBlocks, budget);
    return new Map([...own].map(([key, program]) => [key, { program, streaming: plans.get(program) }]));
  };
  return {
    plans: {
      encoder: planEncoder,
      transformer(request, latentShape, passes) {
        const found = planTransformer(request, latentShape).get(passesKey(passes));
        if (found === undefined) throw new AiprodError('internal', `no program was made for the passes ${passesKey(passes)}`);
        return found;
      },
    },
    textParts,
    // Another runtime's encoder takes nothing of the GPU.
    text: (prompts, stage) =>
      family.textParts.length === 0 ? { totalBytes: 0, weightBytes: 0 } : largest(textParts(textShapeOf(family, prompts, stage))),
    imageParts,
    image: () => imageParts().at(0) ?? { totalBytes: 0, weightBytes: 0 },
    encode: (shape) => tiled(programs.encoding(shape), latentShapeOfPixels(family.vae, shape)),
    decode: (shape) => tiled(programs.decoding(shape), shape),
    upsample: (shape) => part('upsampler', programs.upsampler(shape)),
    transformer(request, latentShape) {
      const parts = [...planTransformer(request, latentShape).values()].map(({ program, streaming }) =>
        part('transformer', program, streaming),
      );
      const own = largest(parts);
      const preview = previewOf(latentShape);
      if (preview === undefined) return own;
      return {
        ...own,
        preview,
        totalBytes: own.totalBytes + preview.totalBytes,
        weightBytes: own.weightBytes + preview.parameterBytes,
      };
    },
    decodeAudio([, , frames, bins]) {
      if (family.audio === undefined) throw new AiprodError('internal', 'the model makes no sound');
      return [
        part('audio_vae', programs.audio.decoder(frames, bins)),
        part('vocoder', programs.audio.vocoder(decodedAudioFrames(frames), family.audio.spectrogramChannels)),
      ];
    },
  };
}

/** How prompts are encoded together. */
export function textShapeOf(family: ModelFamily, prompts: readonly string[], stage: Stage): TextShape {
  const length = family.textLengths?.ofPrompts(prompts);
  return { batch: prompts.length, stage, ...(length === undefined ? {} : { length }) };
}

/** Of one frame of latents, as it is decoded for a preview. */
export function oneFrame([batch, channels, , height, width]: VideoShape): VideoShape {
  return [batch, channels, 1, height, width];
}

/** The one that takes the most. */
export function largest<Estimate extends NodeEstimate>(estimates: readonly Estimate[]): Estimate {
  return estimates.reduce((most, other) => (other.totalBytes > most.totalBytes ? other : most));
}

function part(component: string, program: Program, streaming?: StreamingPlan): PartMemory {
  const memory = streaming?.memory ?? program.memory;
  const { totalBytes, parameterBytes: weightBytes } = memory;
  return { component, memory, totalBytes, weightBytes, ...(streaming === undefined ? {} : { streaming }) };
}
