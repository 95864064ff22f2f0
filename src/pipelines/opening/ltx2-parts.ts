import { parseOriginalMetadata, type OriginalMetadata, type TensorShapes } from '../../models';
import { AiprodError } from '../../errors';
import {
  joinPath,
  LTX2_AUDIO_VAE_NAMES,
  LTX2_CONNECTORS_NAMES,
  LTX2_TRANSFORMER_NAMES,
  LTX2_VOCODER_NAMES,
  ltxVaeNames,
  openWeightSet,
  parametersOf,
  renameParameters,
  type Architecture,
  type RenameRules,
  type WeightSet,
} from '../../weights';
import type { OpenComponent } from './component-weights';
import { folderOf, isWeightFile, kindsOf, shapesOf, type PartLocation } from './model-parts';
import type { Ltx2Component } from './ltx2-model';

/** Parts that official files hold; the text encoder is a model of its own. */
export type OfficialPart = Exclude<Ltx2Component, 'text_encoder'>;

/** What a file is recognised by to hold a part, the part's official names, and names of which it must have one. */
const PARTS: Readonly<
  Record<OfficialPart, { readonly kind: Architecture['kind']; readonly names: RenameRules; readonly mark?: readonly string[] }>
> = {
  transformer: { kind: 'ltx2-transformer', names: LTX2_TRANSFORMER_NAMES },
  // Some files have the connectors without the projection of the text before them, which is of no use.
  connectors: { kind: 'ltx2-connectors', names: LTX2_CONNECTORS_NAMES, mark: ['text_proj_in.weight', 'video_text_proj_in.weight'] },
  vae: { kind: 'ltx-vae', names: ltxVaeNames('2.0') },
  audio_vae: { kind: 'ltx2-audio-vae', names: LTX2_AUDIO_VAE_NAMES },
  vocoder: { kind: 'ltx2-vocoder', names: LTX2_VOCODER_NAMES },
};
const PART_NAMES = ['transformer', 'connectors', 'vae', 'audio_vae', 'vocoder'] as const satisfies readonly OfficialPart[];

/** Folders beside a checkpoint in which parts of it may lie, as ComfyUI and others sort them. */
const PART_FOLDERS = ['vae', 'audio_vae', 'vocoder', 'connectors', 'text_encoder', 'text_encoders'] as const;

/** A part of a file in official layout. */
export interface OfficialComponent extends OpenComponent {
  readonly shapes: TensorShapes;
  readonly metadata: OriginalMetadata;
}

/** A weight file that is open, and the tree that it lies in. */
interface OpenFile {
  readonly set: WeightSet;
  readonly place: PartLocation;
}

/**
 * All parts of an LTX-2 model but the text encoder: those that the checkpoint holds, the others from the files that are named (`rest`,
 * a file or a folder of them), the others from files beside the checkpoint.
 *
 * @param opened opens weights and remembers to close them
 * @throws AiprodError 'bad-weights' when a part is missing, or two files beside the checkpoint hold it
 */
export async function findOfficialParts(
  { checkpoint, rest }: { readonly checkpoint: OpenFile; readonly rest?: PartLocation },
  opened: (part: PartLocation) => Promise<WeightSet>,
): Promise<Readonly<Record<OfficialPart, OfficialComponent>>> {
  const found = new Map<OfficialPart, OfficialComponent>(PART_NAMES.flatMap((part) => withName(part, partOf(part, checkpoint))));
  const missing = (): OfficialPart[] => PART_NAMES.filter((part) => !found.has(part));
  for (const places of [rest === undefined ? [] : await filesAt(rest), missing().length === 0 ? [] : await filesBeside(checkpoint.place)]) {
    const wanted = missing();
    for (const place of wanted.length === 0 ? [] : places) {
      const holder = await holderOf(place, wanted, opened);
      for (const [part, component] of holder) {
        const known = found.get(part);
        if (known !== undefined) throw twoFiles(part, known.set.name, component.set.name);
        found.set(part, component);
      }
    }
  }
  const partNamed = (part: OfficialPart): OfficialComponent => {
    const component = found.get(part);
    if (component === undefined) throw missingPart(part, checkpoint.set.name);
    return component;
  };
  return {
    transformer: partNamed('transformer'),
    connectors: partNamed('connectors'),
    vae: partNamed('vae'),
    audio_vae: partNamed('audio_vae'),
    vocoder: partNamed('vocoder'),
  };
}

/** The wanted parts that a file holds, which stays open only where it holds some. */
async function holderOf(
  place: PartLocation,
  wanted: readonly OfficialPart[],
  opened: (part: PartLocation) => Promise<WeightSet>,
): Promise<readonly (readonly [OfficialPart, OfficialComponent])[]> {
  const looked = await openWeightSet(place.tree, place.path);
  const holds = wanted.some((part) => partOf(part, { set: looked, place }) !== undefined);
  await looked.close();
  if (!holds) return [];
  const set = await opened(place);
  return wanted.flatMap((part) => withName(part, partOf(part, { set, place })));
}

function withName(part: OfficialPart, component: OfficialComponent | undefined): [OfficialPart, OfficialComponent][] {
  return component === undefined ? [] : [[part, component]];
}

/** A part of a file under the names that its model uses; undefined where the file has none. */
function partOf(part: OfficialPart, { set, place }: OpenFile): OfficialComponent | undefined {
  const { kind, names, mark } = PARTS[part];
  if (!kindsOf(set).has(kind)) return undefined;
  const stored = parametersOf(set);
  // A file of the audio VAE alone may have its names without the prefix.
  const bare = part === 'audio_vae' && ![...stored.names()].some((name) => name.startsWith('audio_vae.'));
  const source = renameParameters(stored, bare ? { ...names, prefixes: [''] } : names);
  if (mark?.some((name) => source.has(name)) === false) return undefined;
  return { set, tree: place.tree, source, shapes: shapesOf(source), metadata: parseOriginalMetadata(set.metadata, set.name) };
}

/** A part of weights that an index names; the index stands for all of them. */
const SHARD = /-\d+-of-\d+\.safetensors$/;

const isWhole = (file: string): boolean => isWeightFile(file) && !SHARD.test(file);

/** Weight files at a place: the file itself, or those of the folder. */
async function filesAt({ tree, path }: PartLocation): Promise<PartLocation[]> {
  if (isWeightFile(path)) return [{ tree, path }];
  return (await tree.list()).filter((file) => isWhole(file) && folderOf(file) === path).map((file) => ({ tree, path: file }));
}

/** Weight files in the folder of the checkpoint and in folders there that are named as parts are. */
async function filesBeside({ tree, path }: PartLocation): Promise<PartLocation[]> {
  const folder = folderOf(path);
  const folders = [folder, ...PART_FOLDERS.map((name) => joinPath(folder, name))];
  const files = (await tree.list()).filter((file) => isWhole(file) && file !== path && folders.includes(folderOf(file)));
  return files.sort().map((file) => ({ tree, path: file }));
}

function missingPart(part: OfficialPart, where: string): AiprodError {
  const name = part.replace('_', ' ');
  if (part === 'transformer') {
    return new AiprodError('unsupported-model', 'the file holds no LTX-2 transformer', {
      where,
      expected: 'an LTX-2 checkpoint, 2.0 or 2.3',
      hint: 'See what a file holds with: aiprod models inspect FILE',
    });
  }
  return new AiprodError('bad-weights', `the model has no ${name}`, {
    where,
    expected: `the ${name} in the file, in a file beside it, or in --vae FILE or FOLDER`,
    found: 'none of them',
    hint: "Take the release's own single file (Lightricks/LTX-2), which holds it",
  });
}

function twoFiles(part: OfficialPart, first: string, second: string): AiprodError {
  return new AiprodError('bad-weights', `two files beside the checkpoint hold the ${part.replace('_', ' ')}`, {
    where: first,
    expected: 'one',
    found: `${first} and ${second}`,
    hint: 'Say which one with --vae FILE, or keep other models in folders of their own',
  });
}
