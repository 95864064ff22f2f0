import { AiprodError } from '../../errors';
import { parseLtx2AudioVaeConfig, parseLtx2VocoderConfig, type Ltx2AudioVaeConfig, type Ltx2VocoderConfig } from '../../models';
import {
  checkParameters,
  joinPath,
  openWeightSet,
  parameterReader,
  parametersOf,
  readJsonObject,
  type FileTree,
  type WeightSet,
} from '../../weights';
import type { WeightsOf } from '../program-run';

/** A sound model whose configuration was read and whose weights can be. */
export interface OpenAudioModel<Config> extends WeightsOf {
  readonly config: Config;
}

/** The sound models of an LTX-2 folder. */
export interface AudioModelFiles {
  readonly name: string;
  readonly vae: OpenAudioModel<Ltx2AudioVaeConfig>;
  readonly vocoder: OpenAudioModel<Ltx2VocoderConfig>;
  /** Closes the weight files. */
  close(): Promise<void>;
}

/**
 * Opens the sound models of LTX-2 from a folder in diffusers layout: `audio_vae/` and `vocoder/`, each with config.json and weights.
 * The other parts of the model need not be there.
 *
 * @throws AiprodError `bad-weights` when a part is missing or damaged, `unsupported-model` when it is another model.
 */
export async function openAudioModels(tree: FileTree, name: string): Promise<AudioModelFiles> {
  const sets: WeightSet[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(sets.map((set) => set.close()));
  };
  const open = async <Config>(
    folder: string,
    className: RegExp,
    parse: (value: unknown, where: string) => Config,
  ): Promise<OpenAudioModel<Config>> => {
    const where = `${name}/${folder}`;
    const config = parse(await configOf(tree, folder, className, where), where);
    const set = await openWeightSet(tree, folder);
    sets.push(set);
    const source = parametersOf(set);
    return { config, read: parameterReader(source), check: async (wanted) => checkParameters(source, wanted, () => true) };
  };
  try {
    const vae = await open('audio_vae', /^AutoencoderKLLTX2Audio$/, parseLtx2AudioVaeConfig);
    const vocoder = await open('vocoder', /^LTX2Vocoder(WithBWE)?$/, parseLtx2VocoderConfig);
    requireFit(name, vae.config, vocoder.config);
    return { name, vae, vocoder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function configOf(tree: FileTree, folder: string, className: RegExp, where: string): Promise<Readonly<Record<string, unknown>>> {
  const path = joinPath(folder, 'config.json');
  if (!(await tree.list()).includes(path)) {
    throw new AiprodError('bad-weights', 'the folder holds no sound models of LTX-2', {
      where,
      expected: 'config.json and weights in audio_vae/ and in vocoder/',
      found: `no ${path}`,
      hint: 'Use a folder of LTX-2 in diffusers layout',
    });
  }
  const config = await readJsonObject(tree, path);
  const found = config._class_name;
  if (found === undefined || (typeof found === 'string' && className.test(found))) return config;
  throw new AiprodError('unsupported-model', 'the folder holds another model', {
    where,
    expected: className.source.replaceAll(/[\^$]/g, ''),
    found: JSON.stringify(found),
  });
}

/** The vocoder must take the spectrograms that the VAE makes. */
function requireFit(name: string, vae: Ltx2AudioVaeConfig, { generator }: Ltx2VocoderConfig): void {
  const made = vae.mel_bins === null || vae.mel_bins === undefined ? undefined : vae.output_channels * vae.mel_bins;
  if (made === undefined || made === generator.in_channels) return;
  throw new AiprodError('bad-weights', 'the vocoder does not belong to this audio VAE', {
    where: name,
    expected: `${made} input channels`,
    found: String(generator.in_channels),
  });
}
