import type * as Ort from 'onnxruntime-web';
import { AiprodError } from '../../../errors';
import { joinedFloats } from '../../../numeric/joined';
import type { TokenizerFiles } from '../../tokenizers';
import { openSession, type OnnxRuntime } from '../open-onnx-encoder';
import type { Generation, LogitsAfter } from './greedy-ids';

/** A captioner whose parts are open. */
export interface CaptionModel {
  readonly generation: Generation;
  /** Looks at a picture: `pixel_values` [1, 3, H, W]. */
  look(pixels: Ort.Tensor): Promise<LogitsAfter>;
}

/** Opens the parts of an architecture. */
export type CaptionerArchitecture = (parts: CaptionerParts) => Promise<CaptionModel>;

/** One of the ONNX files of a captioner. */
export interface CaptionerPart {
  /** The output that was asked for, of inputs by name; those that the file leaves out are not read. */
  run(given: Readonly<Record<string, Ort.Tensor>>): Promise<Ort.Tensor>;
}

/** What a part has to take and give. */
export interface PartInterface {
  readonly inputs: readonly string[];
  /** Inputs that exporters leave out where they do not matter. */
  readonly optional?: readonly string[];
  /** Absent: its first output, whatever it is called. */
  readonly output?: string;
}

/** Where the files lie: at the top of the folder, or where exporters put them. */
const FOLDERS = ['', 'onnx/'];

/** What a decoder with a cache of keys and values asks for beside its own inputs: empty, and not to be used, it is one without. */
const CACHE_SWITCH = 'use_cache_branch';
const CACHED = 'past_key_values.';

/** The folder of a captioner, and what of it has been opened. */
export class CaptionerParts {
  private readonly sessions: Ort.InferenceSession[] = [];

  constructor(
    readonly files: TokenizerFiles,
    readonly runtime: OnnxRuntime,
  ) {}

  /**
   * Opens the first of some files that is there.
   * @throws AiprodError 'bad-weights' when none is, 'unsupported-model' when it takes or gives something else
   */
  async open(names: readonly string[], wanted: PartInterface): Promise<CaptionerPart> {
    for (const file of names.flatMap((name) => FOLDERS.map((folder) => folder + name))) {
      const model = await this.files.readBytes(file);
      if (model === undefined) continue;
      const where = `${this.files.name}/${file}`;
      const session = await openSession(this.runtime, model, await this.files.readBytes(`${file}_data`), file, where);
      this.sessions.push(session);
      const cache = this.emptyCache(session);
      const { inputs, optional = [] } = wanted;
      const asked = session.inputNames.filter((name) => !(name in cache));
      const output = wanted.output ?? session.outputNames[0];
      const fits = inputs.every((name) => asked.includes(name)) && asked.every((name) => [...inputs, ...optional].includes(name));
      if (!fits || !session.outputNames.includes(output)) {
        throw new AiprodError('unsupported-model', 'the file is no part of such a captioner', {
          where,
          expected: `${[...inputs, ...optional].join(', ')} to ${wanted.output ?? 'one output'}`,
          found: `${session.inputNames.join(', ')} to ${session.outputNames.join(', ')}`,
          hint: 'Export the parts that the documentation of training data names',
        });
      }
      return {
        async run(given) {
          const feeds = Object.fromEntries(Object.entries(given).filter(([name]) => asked.includes(name)));
          return (await session.run({ ...feeds, ...cache }, [output]))[output];
        },
      };
    }
    throw new AiprodError('bad-weights', 'a part of the captioner is not there', {
      where: this.files.name,
      expected: names.flatMap((name) => FOLDERS.map((folder) => folder + name)).join(' or '),
      hint: 'Name the folder of an image-to-text model in ONNX form',
    });
  }

  /** Token ids [1, N]. */
  ids(values: readonly number[]): Ort.Tensor {
    return new this.runtime.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  }

  /** A mask [1, N] that hides nothing. */
  ones(length: number): Ort.Tensor {
    return this.ids(Array.from({ length }, () => 1));
  }

  /** Rows [1, N, D] of several, one behind the other. @throws AiprodError 'unsupported-model' when they are not of one width, in f32 */
  joined(tensors: readonly Ort.Tensor[]): Ort.Tensor {
    const [, , width] = tensors[0].dims;
    const rows = tensors.map(({ data, dims }) => {
      if (data instanceof Float32Array && dims.length === 3 && dims[0] === 1 && dims[2] === width) return data;
      throw new AiprodError('unsupported-model', 'what the captioner sees and what it is asked do not fit each other', {
        where: this.files.name,
        expected: `float32 [1, N, ${width}]`,
        found: tensors.map(({ type, dims: shape }) => `${type} [${shape.join(', ')}]`).join(' and '),
      });
    });
    const all = joinedFloats(rows);
    return new this.runtime.Tensor('float32', all, [1, all.length / width, width]);
  }

  async close(): Promise<void> {
    await Promise.all(this.sessions.splice(0).map((session) => session.release()));
  }

  private emptyCache({ inputMetadata }: Ort.InferenceSession): Record<string, Ort.Tensor> {
    const { Tensor } = this.runtime;
    const cache: Record<string, Ort.Tensor> = {};
    for (const input of inputMetadata) {
      if (input.name === CACHE_SWITCH) cache[input.name] = new Tensor('bool', [false], [1]);
      if (!input.name.startsWith(CACHED) || !input.isTensor) continue;
      // [batch, heads, tokens, width]; batch and tokens are left open by the file.
      const dims = input.shape.map((size, axis) => (typeof size === 'number' ? size : axis === 0 ? 1 : 0));
      cache[input.name] = new Tensor('float32', new Float32Array(0), dims);
    }
    return cache;
  }
}
