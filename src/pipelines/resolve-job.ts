import { guidanceSchema } from '../diffusion';
import { AiprodError } from '../errors';
import { parseFrameRate } from '../media';
import { definitions } from './definitions';
import { pipelineFields, type PipelineDefaults, type PipelineDefinition, type PipelineField } from './definitions/definition';
import { presets } from './presets';
import { pipelineNames, type Job, type KnownMedia, type ModelTraits, type ResolvedJob } from './job';

/**
 * Fills in a model's defaults and refuses what the model or the pipeline cannot make, with the nearest that it can.
 *
 * @param media what is known of the files that the job names; without them a job that names some is not resolved
 */
export function resolveJob({ preset, ...given }: Job, traits: ModelTraits, media: KnownMedia = new Map()): ResolvedJob {
  const { defaults } = traits;
  const definition: PipelineDefinition = definitions[given.pipeline];
  requirePipeline(given, traits);
  requireFields(given, definition);
  requireMedia(given, media);
  requireOneSchedule(given);
  requirePresetOf(preset, given, traits);
  const own: PipelineDefaults = { ...modelSigmas(given, traits), ...definition.defaults?.(given, traits, media) };
  const steps = stepsOf(given.sigmas ?? own.sigmas);
  requireAgreement('frames', given.frames, own.frames);
  requireAgreement('steps', given.steps, steps);
  const sigmas = given.sigmas ?? own.sigmas;
  const strength = given.strength ?? own.strength;
  const guidance = given.guidance ?? modelGuidance(given, own, traits);
  const { width, height } = sizeOf(given, traits);
  const shift = shiftOf(given, traits, width * height);
  const resolved: ResolvedJob = {
    ...given,
    ...(shift === undefined ? {} : { shift }),
    ...(sigmas === undefined ? {} : { sigmas }),
    ...(strength === undefined ? {} : { strength }),
    ...(guidance === undefined ? {} : { guidance }),
    ...imageCodingOf(given, traits, media),
    width,
    height,
    frames: given.frames ?? own.frames ?? usualFrames(given, traits),
    frameRate: parseFrameRate(given.frameRate ?? own.frameRate ?? defaults.frameRate),
    steps: given.steps ?? steps ?? defaults.steps,
    guidanceScale: given.guidanceScale ?? own.guidanceScale ?? defaults.guidanceScale,
  };
  const multiple = traits.sizeMultiple * sizeFactor(given, traits);
  const fits = (size: number): boolean => size % multiple === 0;
  if (!fits(resolved.width) || !fits(resolved.height)) {
    throw new AiprodError('bad-input', 'this model cannot make that size', {
      expected: `width and height in multiples of ${multiple} pixels`,
      found: `${resolved.width}x${resolved.height}`,
      hint: `Use --width ${nearestMultiple(resolved.width, multiple)} --height ${nearestMultiple(resolved.height, multiple)}`,
    });
  }
  if ((resolved.frames - 1) % traits.frameMultiple !== 0) {
    throw new AiprodError('bad-input', 'this model cannot make that number of frames', {
      expected: `${traits.frameMultiple} x n + 1 frames`,
      found: String(resolved.frames),
      hint: `Use --frames ${nearestMultiple(resolved.frames - 1, traits.frameMultiple, 0) + 1}`,
    });
  }
  requireSoundFields(resolved, traits);
  definition.check?.(resolved, traits, media);
  return resolved;
}

/** Refuses pipelines that the model does not run. */
function requirePipeline({ pipeline, conditions }: Job, { pipelines, wholeImages = false }: ModelTraits): void {
  if (pipelines !== undefined && !pipelines.includes(pipeline)) {
    throw new AiprodError('bad-usage', `this model does not run the pipeline ${pipeline}`, {
      expected: pipelines.join(' or '),
      found: pipeline,
      hint:
        pipeline === 'image-to-video'
          ? 'The model reads no images: take one of image to video, or leave --image out'
          : `Use --pipeline ${pipelines.join(' or ')}`,
    });
  }
  const weak = wholeImages ? conditions.find(({ strength }) => strength !== 1) : undefined;
  if (weak === undefined) return;
  throw new AiprodError('bad-usage', 'this model reads an image whole: it has no strength', {
    where: weak.file,
    expected: '1',
    found: String(weak.strength),
  });
}

/** Refuses a preset's guidance where the checkpoint says that it has learned its guidance by heart. */
function requirePresetOf(preset: Job['preset'], { guidanceScale, guidance }: Omit<Job, 'preset'>, { defaults }: ModelTraits): void {
  if (preset === undefined || defaults.sigmas === undefined) return;
  const own = presets[preset];
  const guided = own.guidanceScale !== undefined && own.guidanceScale !== 1 && guidanceScale === own.guidanceScale;
  if (!guided && (own.guidance === undefined || guidance === undefined)) return;
  throw new AiprodError('bad-usage', `the preset ${preset} is for a model that is guided, and this one is distilled`, {
    expected: 'the noise levels of the checkpoint, without guidance',
    found: `${own.steps ?? 'the usual'} steps with guidance`,
    hint: 'Leave --preset out, or use --preset distilled',
  });
}

/** The shift of a job's noise levels; none where the model, or the job's own levels, leave nothing to shift. */
function shiftOf({ shift, sigmas }: Job, traits: ModelTraits, pixels: number): number | undefined {
  if (shift !== undefined && (traits.shift === undefined || sigmas !== undefined)) {
    throw new AiprodError('bad-usage', 'nothing is shifted by a fixed shift here', {
      expected: traits.shift === undefined ? 'a model whose noise levels are shifted all alike' : 'shift or sigmas',
      found: `shift ${shift}`,
      hint: 'Leave --shift out',
    });
  }
  if (traits.shift === undefined || sigmas !== undefined) return undefined;
  const { usual, large } = traits.shift;
  return shift ?? (large !== undefined && pixels >= large.pixels ? large.shift : usual);
}

/** How images are coded before the model sees them; nothing where a job has none. */
function imageCodingOf({ conditions, imageCrf }: Job, traits: ModelTraits, media: KnownMedia): Pick<Job, 'imageCrf'> {
  if (conditions.some(({ file }) => media.get(file)?.frames === 1)) return { imageCrf: imageCrf ?? traits.imageCrf ?? 0 };
  if (imageCrf === undefined || imageCrf === 0) return {};
  throw new AiprodError('bad-usage', 'there is no image to code', {
    expected: '--image FILE, of a picture',
    found: `--image-crf ${imageCrf}`,
    hint: 'Leave --image-crf out: frames of a video stay as they are',
  });
}

/** Refuses settings of a sound that the model does not make. */
function requireSoundFields(job: ResolvedJob, { sound }: ModelTraits): void {
  if (sound === true) return;
  const found = [
    ...(job.modalityScale === 1 ? [] : [`--modality ${job.modalityScale}`]),
    ...(job.audioGuidance === undefined ? [] : ['scales of the sound']),
    ...(job.loudness === undefined ? [] : [`--loudness ${job.loudness}`]),
  ];
  if (found.length === 0) return;
  throw new AiprodError('bad-usage', 'the model makes no sound', {
    where: job.model,
    expected: 'an LTX-2 model, or no settings of sound',
    found: found.join(', '),
  });
}

/** Width and height: the job's, else the model's; where only one is said the other stays the model's. */
function sizeOf(job: Job, traits: ModelTraits): Pick<ResolvedJob, 'width' | 'height'> {
  const { defaults } = traits;
  const scale = job.upsampler !== undefined && defaults.enlarged === true ? spaceOf(traits) : 1;
  const usual = (side: number): number => nearestMultiple(side * scale, traits.sizeMultiple * sizeFactor(job, traits));
  return { width: job.width ?? usual(defaults.width), height: job.height ?? usual(defaults.height) };
}

/** The model's frames, or the next number of them that an upsampler of time can double. */
function usualFrames({ upsampler }: Job, { defaults, frameMultiple, upsampling }: ModelTraits): number {
  const time = upsampler === undefined ? 1 : (upsampling?.time ?? 1);
  return time === 1 ? defaults.frames : nearestMultiple(defaults.frames - 1, frameMultiple * time) + 1;
}

/** How many times as many rows and columns an upsampler makes: twice, as long as it is not known better. */
const spaceOf = ({ upsampling }: Pick<ModelTraits, 'upsampling'>): number => upsampling?.space ?? 2;

/** By how much width and height must be larger multiples, so that the first of two stages is of a size that the model makes. */
export function sizeFactor({ upsampler }: Pick<Job, 'upsampler'>, traits: Pick<ModelTraits, 'upsampling'>): number {
  if (upsampler === undefined) return 1;
  const space = spaceOf(traits);
  return [1, 2, 3, 4].find((factor) => Number.isInteger(factor / space)) ?? space;
}

/** The noise levels of a distilled model, unless the job says how it is sampled. */
function modelSigmas({ sigmas, steps, spacing }: Job, { defaults }: ModelTraits): Pick<Job, 'sigmas'> {
  return defaults.sigmas === undefined || sigmas !== undefined || steps !== undefined || spacing !== undefined
    ? {}
    : { sigmas: [...defaults.sigmas] };
}

/** The guiders of the model's own configuration, unless the job or the pipeline says how it is guided. */
function modelGuidance(job: Job, own: PipelineDefaults, { defaults }: ModelTraits): Job['guidance'] {
  const says =
    job.guidanceScale !== undefined ||
    own.guidanceScale !== undefined ||
    job.stgScale !== 0 ||
    job.guidanceRescale !== 0 ||
    job.stgBlocks !== undefined;
  return says || defaults.guidance === undefined ? undefined : guidanceSchema.parse(defaults.guidance);
}

function nearestMultiple(value: number, multiple: number, smallest = multiple): number {
  return Math.max(smallest, Math.round(value / multiple) * multiple);
}

/** Fields that only some pipelines take, with the flag that sets each. */
const flags: Readonly<Record<PipelineField, string>> = {
  conditions: '--image FILE@FRAME',
  imageCrf: '--image-crf CRF',
  imageNoiseScale: 'imageNoiseScale in a job file',
  video: '--video FILE',
  strength: '--strength SHARE',
  extend: '--extend FRAMES',
  region: '--region START:END',
  reference: '--downscale FACTOR',
  refine: 'refine in a job file',
  upsampler: '--upsampler PATH',
  audio: '--audio FILE',
  seconds: '--seconds SECONDS',
};

function isGiven(job: Job, field: PipelineField): boolean {
  const value = job[field];
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== 0;
}

/** Refuses fields that the pipeline has no use for, and its absence of those that it needs. */
function requireFields(job: Job, { fields }: PipelineDefinition): void {
  for (const field of pipelineFields) {
    const given = isGiven(job, field);
    if (given && fields[field] === undefined) {
      const others = pipelineNames.filter((name) => definitionOf(name).fields[field] !== undefined);
      throw new AiprodError('bad-usage', `the pipeline ${job.pipeline} takes no ${field}`, {
        found: flags[field],
        hint: `Leave it out, or use --pipeline ${others.join(' or ')}`,
      });
    }
    if (!given && fields[field] === 'required') {
      throw new AiprodError('bad-usage', `the pipeline ${job.pipeline} needs ${field}`, { expected: flags[field] });
    }
  }
}

const definitionOf = (name: Job['pipeline']): PipelineDefinition => definitions[name];

/** Files that a job takes sound from, with a model that makes sound. */
export function soundsOf(job: Pick<Job, 'audio' | 'video' | 'pipeline'>, { sound }: Pick<ModelTraits, 'sound'>): string[] {
  const takesSound = sound === true && ['retake', 'video-to-video', 'extend'].includes(job.pipeline);
  return [...(job.audio === undefined ? [] : [job.audio.file]), ...(takesSound && job.video !== undefined ? [job.video] : [])];
}

/** Pictures and videos that a job names. */
export function mediaOf(job: Pick<Job, 'conditions' | 'video'>): string[] {
  return [...new Set([...job.conditions.map(({ file }) => file), ...(job.video === undefined ? [] : [job.video])])];
}

function requireMedia(job: Job, media: KnownMedia): void {
  const unknown = [...mediaOf(job), ...(job.audio === undefined ? [] : [job.audio.file])].find((file) => !media.has(file));
  if (unknown === undefined) return;
  throw new AiprodError('bad-input', 'a file that the job names is not at hand', {
    where: unknown,
    hint: 'Hand the file over with the job',
  });
}

/** The number of steps of explicit noise levels, which must fall from at most 1. */
function stepsOf(sigmas: readonly number[] | undefined): number | undefined {
  if (sigmas === undefined) return undefined;
  const levels = sigmas.at(-1) === 0 ? sigmas.slice(0, -1) : sigmas;
  const rising = levels.findIndex((sigma, k) => sigma === 0 || (k > 0 && sigma >= levels[k - 1]));
  if (levels.length > 0 && rising === -1) return levels.length;
  throw new AiprodError('bad-usage', 'the sigmas of a job must fall', {
    expected: 'numbers from 1 down, each smaller than the one before; a final 0 may be left out',
    found: `${sigmas[rising] ?? 'none'} at place ${rising + 1}`,
  });
}

/** Explicit noise levels leave nothing to space. */
function requireOneSchedule({ sigmas, spacing }: Job): void {
  if (sigmas === undefined || spacing === undefined) return;
  throw new AiprodError('bad-usage', 'the noise levels of a job are given twice', {
    expected: 'sigmas or spacing',
    found: `${sigmas.length} sigmas and spacing ${spacing}`,
    hint: 'Leave one of them out',
  });
}

function requireAgreement(field: 'frames' | 'steps', given: number | undefined, needed: number | undefined): void {
  if (given === undefined || needed === undefined || given === needed) return;
  throw new AiprodError('bad-usage', `the other settings of the job say how many ${field} there are`, {
    expected: String(needed),
    found: `--${field} ${given}`,
    hint: `Leave --${field} out`,
  });
}
