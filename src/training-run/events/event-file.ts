import { open, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AiprodError } from '../../errors';
import { maskedCrc32c } from './crc32c';
import { joinedBytes } from '../../numeric/joined';
import { startEvent, summaryEvent, versionEvent, type SummaryValue } from './summary';

/** A file of events that grows while a run goes on. */
export interface EventFile {
  readonly path: string;
  add(step: number, values: readonly SummaryValue[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a new event file in a folder; files of earlier runs stay, and readers take them all in the order of their names.
 * @param step that comes next: what other files of the folder say of it and of later ones no longer counts
 * @param now seconds since 1970
 * @throws AiprodError 'unwritable-output'
 */
export async function openEventFile(folder: string, step: number, now: () => number = () => Date.now() / 1000): Promise<EventFile> {
  const begun = now();
  const number = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('events.out.tfevents.')).length;
  const path = join(folder, `events.out.tfevents.${String(Math.floor(begun)).padStart(10, '0')}.${hostname()}.${process.pid}.${number}`);
  const file = await orUnwritable(path, () => open(path, 'ax'));
  const append = (event: Uint8Array): Promise<void> => orUnwritable(path, () => file.appendFile(record(event)));
  await append(versionEvent(begun));
  await append(startEvent(begun, step));
  return {
    path,
    add: (at, values) => append(summaryEvent(now(), at, values)),
    close: () => file.close(),
  };
}

/** A TFRecord: length (64 bits), its checksum, the bytes, their checksum; all little-endian. */
export function record(bytes: Uint8Array): Uint8Array {
  const head = new Uint8Array(12);
  const view = new DataView(head.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, maskedCrc32c(head.subarray(0, 8)), true);
  const tail = new Uint8Array(4);
  new DataView(tail.buffer).setUint32(0, maskedCrc32c(bytes), true);
  return joinedBytes([head, bytes, tail]);
}

async function orUnwritable<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw new AiprodError(
      'unwritable-output',
      'the event file cannot be written',
      { where: path, found: cause instanceof Error ? cause.message : String(cause), hint: 'Check the folder and the free space' },
      { cause },
    );
  }
}
