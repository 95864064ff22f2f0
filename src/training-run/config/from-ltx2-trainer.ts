import { isMapping, type Migration, type Settings } from '../../config';
import { AiprodError } from '../../errors';

/**
 * Version 1 is the configuration of LTX-2's own trainer, whose files say no version. Names that differ are changed; what has no counterpart
 * here is refused where it would change the training, and left out with a note where it would not.
 */
export const fromLtx2Trainer: Migration = {
  apply(values, where) {
    const notes: string[] = [];
    const tree = structuredClone(values);
    const note = (text: string): void => void notes.push(`${where}: ${text}`);
    for (const [from, to] of moves) {
      const value = take(tree, from);
      if (value === undefined || value === null) continue;
      put(tree, to, value);
      note(`${from} is called ${to}`);
    }
    moveSize(tree, note);
    moveStreams(tree, note);
    // What its trainer does where a file does not say.
    if (
      get(tree, 'training_strategy.name') === 'text_to_video' &&
      get(tree, 'training_strategy.first_frame_conditioning_p') === undefined
    ) {
      put(tree, 'training_strategy.first_frame_conditioning_p', 0.1);
    }
    for (const [from, to, known] of renamedValues) {
      const value = get(tree, from);
      const meant = typeof value === 'string' ? known[value] : undefined;
      if (meant === undefined) continue;
      take(tree, from);
      put(tree, to, meant);
      if (value !== meant) note(`${from}: ${String(value)} is called ${meant}`);
    }
    for (const [name, hint] of leftOut) {
      const value = take(tree, name);
      if (isSwitchedOn(value)) note(`${name} has no meaning here${hint}`);
    }
    for (const [name, reason] of refused) {
      const value = take(tree, name);
      if (!isSwitchedOn(value)) continue;
      throw new AiprodError('bad-input', `${name} is not supported: ${reason}`, {
        where,
        found: JSON.stringify(value),
        hint: 'Leave it out, if the training is to go on without it',
      });
    }
    return { values: withoutEmpty(tree), notes };
  },
};

type Tree = Record<string, unknown>;

const moves: readonly (readonly [from: string, to: string])[] = [
  ['model.model_path', 'model.path'],
  ['optimization.optimizer_type', 'optimization.optimizer.type'],
  ['optimization.scheduler_type', 'optimization.schedule.type'],
  ['optimization.scheduler_params', 'optimization.schedule'],
  ['optimization.schedule.end_factor', 'optimization.schedule.minimum_share'],
  ['flow_matching.timestep_sampling_mode', 'flow_matching.type'],
  ['flow_matching.timestep_sampling_params', 'flow_matching'],
  ['flow_matching.min_value', 'flow_matching.minimum'],
  ['flow_matching.max_value', 'flow_matching.maximum'],
  ['data.num_dataloader_workers', 'data.prefetch'],
];

const renamedValues: readonly (readonly [from: string, to: string, known: Readonly<Record<string, string>>])[] = [
  [
    'acceleration.quantization',
    'acceleration.quantization',
    { 'int8-quanto': 'int8', 'int4-quanto': 'int4', 'fp8-quanto': 'fp8_e4m3', 'fp8uz-quanto': 'fp8_e4m3' },
  ],
];

/** Settings that change nothing of what is learnt. */
const leftOut: readonly (readonly [name: string, hint: string])[] = [
  ['model.text_encoder_path', ': captions were encoded by aiprod preprocess, and the model has its own for validation'],
  ['acceleration.load_text_encoder_in_8bit', ''],
  ['acceleration.offload_optimizer_during_validation', ''],
  ['optimization.enable_gradient_checkpointing', ': acceleration.memory_limit says how much memory a step may take'],
  ['hub', ': give the finished file to the hub yourself'],
  ['wandb', ': watch the run with TensorBoard'],
  ['validation.videos_per_prompt', ': each prompt gives one clip'],
  ['validation.generate_audio', ': clips of models of picture and sound have sound'],
  ['training_strategy.audio_latents_dir', ': it is audio_latents'],
  ['training_strategy.reference_latents_dir', ': it is reference_latents'],
  ['checkpoints.precision', ': weights are written in the type that the model has them in'],
];

/** Settings that would. */
const refused: readonly (readonly [name: string, reason: string])[] = [
  ['model.load_checkpoint', 'a run goes on with --resume'],
  ['optimization.schedule.eta_min', 'say with schedule.minimum_share what is left of the rate'],
  ['lora.dropout', 'adapters are trained without dropout'],
  ['validation.reference_videos', 'validation clips are made of prompts and first frames alone'],
];

function moveSize(tree: Tree, note: (text: string) => void): void {
  const dims = take(tree, 'validation.video_dims');
  if (!Array.isArray(dims) || dims.length !== 3) return;
  for (const [k, name] of ['width', 'height', 'frames'].entries()) put(tree, `validation.${name}`, dims[k]);
  note('validation.video_dims is now validation.width, height and frames');
}

/** Its flexible strategy has a section for the picture and one for the sound; of what has none nothing is shown. */
function moveStreams(tree: Tree, note: (text: string) => void): void {
  if (get(tree, 'training_strategy.name') !== 'flexible') return;
  for (const stream of ['video', 'audio'] as const) {
    const section = take(tree, `training_strategy.${stream}`);
    const part = !isMapping(section) ? 'none' : section.is_generated === true ? 'generated' : 'given';
    put(tree, `training_strategy.${stream}`, part);
    note(`training_strategy.${stream} is now ${part}`);
    if (!isMapping(section) || !Array.isArray(section.conditions)) continue;
    const conditions = section.conditions.map((condition: unknown) => (isMapping(condition) ? renamed(condition) : condition));
    put(tree, stream === 'video' ? 'training_strategy.conditions' : 'training_strategy.audio_conditions', conditions);
  }
}

const conditionNames: ReadonlyMap<string, string | undefined> = new Map([
  ['temporal_boundary', 'frames'],
  ['spatial_region', 'region'],
  // Folders have one name each here.
  ['latents_dir', undefined],
  ['mask_dir', undefined],
]);

function renamed(condition: Settings): Settings {
  return Object.fromEntries(
    Object.entries(condition).flatMap(([name, value]) => {
      const known = conditionNames.has(name) ? conditionNames.get(name) : name;
      return known === undefined ? [] : [[known, value]];
    }),
  );
}

/** Whether a setting asks for something: not false, 0, null or an empty list, nor a section that is not enabled. */
function isSwitchedOn(value: unknown): boolean {
  if (isMapping(value)) return value.enabled === true || value.push_to_hub === true;
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== false && value !== 0;
}

function get(tree: Settings, name: string): unknown {
  return name.split('.').reduce<unknown>((value, key) => (isMapping(value) ? value[key] : undefined), tree);
}

/** The value of a setting, which is taken out. */
function take(tree: Tree, name: string): unknown {
  const keys = name.split('.');
  const last = keys.pop() ?? '';
  const section = keys.length === 0 ? tree : get(tree, keys.join('.'));
  if (!isMapping(section)) return undefined;
  const value = section[last];
  Reflect.deleteProperty(section, last);
  return value;
}

/** Sets a setting; a mapping is merged into what is there. */
function put(tree: Tree, name: string, value: unknown): void {
  const [key, ...rest] = name.split('.');
  if (rest.length === 0) {
    const known = tree[key];
    tree[key] = isMapping(value) && isMapping(known) ? { ...known, ...value } : value;
    return;
  }
  const section: Tree = { ...(isMapping(tree[key]) ? tree[key] : {}) };
  tree[key] = section;
  put(section, rest.join('.'), value);
}

/** Sections that nothing is left of would be refused as unknown where this program has none of the name. */
function withoutEmpty(tree: Tree): Settings {
  return Object.fromEntries(Object.entries(tree).filter(([, value]) => !isMapping(value) || Object.keys(value).length > 0));
}
