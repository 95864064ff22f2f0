import { z } from 'zod';
import { loadConfig, type ConfigKind, type LoadedConfig, type Migration } from '../../config';
import { AiprodError } from '../../errors';
import { parseFrameRate, type FrameRate } from '../../media';
import { accessSection, cacheSection } from '../access-config';
import { parseBuckets, type ClipSize } from '../resolution-buckets';
import { parseDurations } from '../sound-durations';

/** Settings of `aiprod preprocess`: a section of the file that `aiprod train` reads. Names are those of LTX-2's scripts. */

const path = z.string().min(1).max(4096);

/** A text that one of our readers understands; what is wrong with it becomes an issue of the schema. */
function readBy<Value>(read: (text: string) => Value) {
  return (text: string | number, context: z.core.$RefinementCtx<string | number>): Value => {
    try {
      return read(String(text));
    } catch (error) {
      if (!(error instanceof AiprodError)) throw error;
      context.addIssue({ code: 'custom', message: error.message, input: text });
      return z.NEVER;
    }
  };
}

const section = z.strictObject({
  /** A description (.csv, .json, .jsonl) or a folder of media; a path or an address, see `openDataset`. */
  dataset: path,
  /** How a data set at an address is reached. */
  access: accessSection.prefault({}),
  /** Keeps what is fetched on disk, compressed. */
  cache: cacheSection.optional(),
  /** Latents and encoded captions, which transformers are trained on; or pixels, for VAEs. */
  content: z.enum(['latents', 'pixels']).default('latents'),
  /** `WIDTHxHEIGHTxFRAMES;...`, of clips. */
  resolution_buckets: z.string().transform(readBy<ClipSize[]>(parseBuckets)).optional(),
  /** `SECONDS;...`, of sounds without a picture. */
  audio_durations: z.union([z.string(), z.number()]).transform(readBy<number[]>(parseDurations)).optional(),
  /** Rate that clips are brought to; absent: each keeps its own. */
  frame_rate: z.union([z.string(), z.number()]).transform(readBy<FrameRate>(parseFrameRate)).optional(),
  /** Splits clips at their cuts. */
  split_scenes: z
    .strictObject({
      /** Least difference of two frames that is a cut. */
      threshold: z.number().positive().max(255).optional(),
      /** Least number of frames of a scene. */
      min_frames: z.int().min(1).optional(),
    })
    .optional(),
  /** Folder of an image-to-text model in ONNX form, which writes captions where there are none. */
  captioner: path.optional(),
  /** Stands before every caption. */
  lora_trigger: z.string().min(1).max(200).optional(),
  /** How much smaller reference videos are than what they condition. */
  reference_downscale_factor: z.int().min(1).max(16).default(1),
  /** Whether sound is encoded, where there is some and the model has it. */
  with_audio: z.boolean().default(true),
});

export const preprocessSection = section.refine(
  ({ resolution_buckets: clips, audio_durations: sounds }) => clips !== undefined || sounds !== undefined,
  { error: 'expected resolution_buckets for clips, audio_durations for sounds without a picture, or both', path: ['resolution_buckets'] },
);

/** Sections of others stay as they are: the same file may be the one of a training run. */
const schema = z.looseObject({
  model: z.looseObject({ path: path.default('embedded'), text_encoder: path.optional(), vae: path.optional() }).prefault({}),
  data: z.looseObject({
    /** Folder that the precomputed samples go to, and that training reads. */
    preprocessed_data_root: path,
  }),
  preprocess: preprocessSection,
});

/** Version 1 is the configuration of LTX-2's own trainer, which has another name for the model's place. */
const fromLtx2Trainer: Migration = {
  apply({ model, ...values }) {
    if (typeof model !== 'object' || model === null || !('model_path' in model)) return { values: { ...values, model }, notes: [] };
    const { model_path: place, ...others } = model;
    return { values: { ...values, model: { ...others, path: place } }, notes: ['model.model_path is called model.path'] };
  },
};

const kind: ConfigKind<typeof schema> = {
  title: 'configuration of preprocessing',
  schema,
  migrations: [fromLtx2Trainer],
  environmentPrefix: 'AIPROD_PREPROCESS',
};

export type PreprocessConfig = z.output<typeof schema>;

/** Reads the configuration of preprocessing; see `loadConfig`. */
export function loadPreprocessConfig(
  file: string,
  environment?: Readonly<Record<string, string | undefined>>,
): Promise<LoadedConfig<PreprocessConfig>> {
  return loadConfig(file, kind, environment);
}
