/**
 * Whether the tables of an MP4 or MOV list samples that the file can hold. The demuxer makes an entry for each sample that a
 * table announces, and a table of 16 bytes can announce four thousand million, so this is looked at first.
 */
import { AiprodError } from '../errors';
import type { ByteSource } from '../weights';
import { along, boxes, type Span } from './container-comment';
import { latin1Text } from './recipe';

/** Most bytes of one box of tables: 20 million samples. */
const MAX_TABLES = 1 << 28;
/** Version and flags, then the number of entries. */
const ENTRIES_AT = 4;
const STTS_ENTRY_BYTES = 8;
const STSC_ENTRY_BYTES = 12;
/** The demuxer goes through the whole chunk for every sample: ten seconds of that, which only one chunk of 65,000 samples asks for. */
const MAX_LOOKUPS = 2 ** 32;
const STBL = ['trak', 'mdia', 'minf', 'stbl'];

/** Bits of a track run's flags: fields before the samples, and fields of each sample (ISO/IEC 14496-12, section 8.8.8). */
const RUN_HEADER_FLAGS = [0x1, 0x4];
const RUN_SAMPLE_FLAGS = [0x100, 0x200, 0x400, 0x800];

/**
 * Walks the top level of the file and the tables in it. A file that is no MP4 passes.
 * @throws bad-input when a table announces more samples than the file has bytes, or more than it lists.
 */
export async function checkSampleCounts(file: ByteSource): Promise<void> {
  const beginning = latin1Text(await file.read(0, Math.min(4, file.size)));
  if (beginning === '\x1aE\xdf\xa3') return;
  for (let at = 0; at + 8 <= file.size;) {
    const header = await file.read(at, Math.min(16, file.size - at));
    const view = new DataView(header.buffer);
    const name = latin1Text(header.subarray(4, 8));
    let size = view.getUint32(0);
    if (size === 1 && header.length === 16) size = view.getUint32(8) * 2 ** 32 + view.getUint32(12);
    if (size === 0) size = file.size - at;
    // What the demuxer makes of a damaged top level is its affair: it reads no tables there.
    if (size < 8) return;
    if (name === 'moov' || name === 'moof') await checkTables(file, name, at, Math.min(size, file.size - at));
    at += size;
  }
}

async function checkTables(file: ByteSource, name: 'moov' | 'moof', at: number, size: number): Promise<void> {
  const refuse = (found: string): AiprodError =>
    new AiprodError('bad-input', 'The video lists samples that it cannot hold', {
      where: file.name,
      expected: 'a whole MP4 or MOV',
      found,
    });
  if (size > MAX_TABLES) throw refuse(`${size} bytes of tables`);
  const bytes = await file.read(at, size);
  const view = new DataView(bytes.buffer);
  const [box] = boxes(bytes, { start: 0, end: bytes.length });
  const inside: Span = box;
  const numberAt = (position: number, end: number): number => {
    if (position + 4 > end) throw refuse('a table cut short');
    return view.getUint32(position);
  };
  const check = (samples: number): void => {
    if (samples > file.size) throw refuse(`${samples} samples in ${file.size} bytes`);
  };
  if (name === 'moof') {
    for (const { start, end } of along(boxes, bytes, inside, ['traf', 'trun'])) {
      const flags = numberAt(start, end) & 0xffffff;
      const count = numberAt(start + ENTRIES_AT, end);
      const fields = (bits: readonly number[]): number => bits.filter((bit) => (flags & bit) !== 0).length * 4;
      check(count);
      if (start + 8 + fields(RUN_HEADER_FLAGS) + count * fields(RUN_SAMPLE_FLAGS) > end)
        throw refuse(`${count} samples in a run cut short`);
    }
    return;
  }
  for (const table of ['stts', 'ctts']) {
    for (const { start, end } of along(boxes, bytes, inside, [...STBL, table])) {
      const entries = numberAt(start + ENTRIES_AT, end);
      if (start + 8 + entries * STTS_ENTRY_BYTES > end) throw refuse(`${entries} entries of ${table} in ${end - start} bytes`);
      let samples = 0;
      for (let entry = 0; entry < entries; entry++) samples += view.getUint32(start + 8 + entry * STTS_ENTRY_BYTES);
      check(samples);
    }
  }
  let samples = 0;
  for (const { start, end } of along(boxes, bytes, inside, [...STBL, 'stsz'])) {
    const count = numberAt(start + 8, end);
    check(count);
    samples = Math.max(samples, count);
  }
  for (const { start, end } of along(boxes, bytes, inside, [...STBL, 'stsc'])) {
    const entries = numberAt(start + ENTRIES_AT, end);
    if (start + 8 + entries * STSC_ENTRY_BYTES > end) throw refuse(`${entries} entries of stsc in ${end - start} bytes`);
    for (let entry = 0; entry < entries; entry++) {
      const perChunk = view.getUint32(start + 8 + entry * STSC_ENTRY_BYTES + 4);
      if (perChunk > samples) throw refuse(`a chunk of ${perChunk} of its ${samples} samples`);
      if (perChunk * samples > MAX_LOOKUPS) throw refuse(`${samples} samples in chunks of ${perChunk}`);
    }
  }
}
