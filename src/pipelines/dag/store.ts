import { z } from 'zod';
import { AiprodError } from '../../errors';
import { bytesOf, memorySource, openSafetensors, toFloat32, writeSafetensors, type TensorToWrite } from '../../weights';
import { isTensor, type Json, type NodeOutputs, type NodeValue } from './node';
import { sha256 } from '../../numeric/sha256';
import { canonicalJson } from './signature';

/** Keeps outputs of finished nodes and checkpoints of unfinished ones beyond a run. Keys are signatures. */
export interface NodeStore {
  has(signature: string): Promise<boolean>;
  /** @throws AiprodError `bad-input` or `bad-weights` for an entry that is damaged */
  load(signature: string): Promise<NodeOutputs | undefined>;
  save(signature: string, outputs: NodeOutputs): Promise<void>;
  remove(signature: string): Promise<void>;
  loadCheckpoint(signature: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  saveCheckpoint(signature: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  removeCheckpoint(signature: string): Promise<void>;
}

/** A store that lives as long as the process: what a page keeps of a suspended run. */
export function memoryStore(): NodeStore {
  const outputs = new Map<string, NodeOutputs>();
  const checkpoints = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    has: async (signature) => outputs.has(signature),
    load: async (signature) => outputs.get(signature),
    save: async (signature, values) => void outputs.set(signature, values),
    remove: async (signature) => void outputs.delete(signature),
    loadCheckpoint: async (signature) => checkpoints.get(signature),
    saveCheckpoint: async (signature, bytes) => void checkpoints.set(signature, bytes),
    removeCheckpoint: async (signature) => void checkpoints.delete(signature),
  };
}

const format = 'aiprod-node-outputs-1';
const metadataSchema = z.looseObject({ format: z.literal(format), json: z.string(), sha256: z.string() });
const jsonSchema = z.record(z.string(), z.json());

/** The outputs of a node as a safetensors file: tensors as they are, everything else as JSON in the metadata, and a hash of both. */
export async function encodeOutputs(outputs: NodeOutputs): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, TensorToWrite>();
  const others: Record<string, Json> = {};
  for (const [name, value] of Object.entries(outputs)) {
    if (isTensor(value)) tensors.set(name, { dtype: 'F32', shape: value.shape, bytes: bytesOf(value.data) });
    else others[name] = value;
  }
  const json = canonicalJson(others);
  return writeSafetensors(tensors, { format, json, sha256: await hashOf(tensors, json) });
}

/** Reads what {@link encodeOutputs} wrote. @throws AiprodError `bad-input` or `bad-weights` for anything else. */
export async function decodeOutputs(bytes: Uint8Array<ArrayBuffer>, where: string): Promise<NodeOutputs> {
  const file = await openSafetensors(memorySource(bytes, where));
  const metadata = metadataSchema.safeParse(Object.fromEntries(file.metadata));
  if (!metadata.success) throw damaged(where, 'no outputs of a node');
  const tensors = new Map<string, TensorToWrite>();
  for (const name of file.tensors.keys()) tensors.set(name, await file.readTensor(name));
  if ((await hashOf(tensors, metadata.data.json)) !== metadata.data.sha256) throw damaged(where, 'another content than was written');
  const outputs: Record<string, NodeValue> = { ...jsonSchema.parse(JSON.parse(metadata.data.json)) };
  for (const name of file.tensors.keys()) {
    const tensor = await file.readTensor(name);
    outputs[name] = { shape: tensor.shape, data: toFloat32(tensor) };
  }
  return outputs;
}

async function hashOf(tensors: ReadonlyMap<string, TensorToWrite>, json: string): Promise<string> {
  const names = [...tensors.keys()].sort();
  const parts = await Promise.all(
    names.map(async (name) => {
      const tensor = tensors.get(name);
      return tensor === undefined ? '' : `${name} [${tensor.shape.join(',')}] ${await sha256(tensor.bytes)}`;
    }),
  );
  return sha256([...parts, json].join('\n'));
}

function damaged(where: string, found: string): AiprodError {
  return new AiprodError('bad-input', 'the kept result cannot be used', { where, expected: 'outputs as they were written', found });
}
