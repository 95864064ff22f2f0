/**
 * Whether the elements of a WebM or Matroska file follow each other without a gap. Where one does not, the demuxer searches byte by byte
 * for the next, and where there is none it searches on for ever, so this is looked at first. Only headers are read.
 */
import { AiprodError } from '../errors';
import type { ByteSource } from '../weights';
import { HEADER_BYTES, parseElementHeader, type ElementHeader } from './ebml';

/** Identifiers (RFC 9559, section 5.1), with the bit that marks their length. */
const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const CLUSTER = 0x1f43b675;
const CUES = 0x1c53bb6b;
const CUE_POINT = 0xbb;
const CUE_TRACK_POSITIONS = 0xb7;
const CUE_CLUSTER_POSITION = 0xf1;
const VOID = 0xec;
const CRC_32 = 0xbf;
/** SeekHead, Info, Cluster, Tracks, Cues, Attachments, Chapters, Tags. */
const IN_SEGMENT = new Set([0x114d9b74, 0x1549a966, CLUSTER, 0x1654ae6b, CUES, 0x1941a469, 0x1043a770, 0x1254c367]);
const FILLERS = new Set([VOID, CRC_32]);

/** What is shorter than this at the end is left alone, as the demuxer does. */
const SHORTEST_BYTES = 8;
/** Bytes that are read at once: the headers of many small blocks. */
const WINDOW_BYTES = 1 << 16;
/** Most bytes of an index: some million entries. */
const MAX_CUES = 1 << 26;

/** Undefined for what is no header, and at the end of the file. */
type HeaderReader = (at: number) => Promise<ElementHeader | undefined>;

/**
 * @param file a file that begins as WebM and Matroska do; another passes
 * @throws bad-input when an element is where none can be, or an index points between them.
 */
export async function checkElementChain(file: ByteSource): Promise<void> {
  const read = headerReader(file);
  for (let at = 0; at < file.size;) {
    const header = await read(at);
    if (header === undefined || (header.id !== EBML && header.id !== SEGMENT)) return;
    if (header.id === SEGMENT) await checkSegment(file, read, header);
    if (header.end === undefined) return;
    at = header.end;
  }
}

async function checkSegment(file: ByteSource, read: HeaderReader, { content, end = file.size }: ElementHeader): Promise<void> {
  const refuse = (found: string): AiprodError =>
    new AiprodError('bad-input', 'The WebM file is damaged', { where: file.name, expected: 'a whole file', found });
  const last = Math.min(end, file.size);
  const starts = new Set<number>();
  const pointed: number[] = [];
  for (let at = content; at + SHORTEST_BYTES <= last;) {
    const header = await read(at);
    // A file without a size for its segment may go on with another one.
    if (header?.id === SEGMENT || header?.id === EBML) break;
    if (header === undefined || !(IN_SEGMENT.has(header.id) || FILLERS.has(header.id))) throw refuse(`no element at byte ${at}`);
    starts.add(header.start - content);
    if (header.id === CUES && header.end !== undefined && header.end <= file.size) {
      if (header.end - header.content > MAX_CUES) throw refuse(`an index of ${header.end - header.content} bytes`);
      pointed.push(...(await cuePositions(read, file, header.content, header.end)));
    }
    if (header.id === CLUSTER) at = await endOfCluster(read, header, last, refuse);
    else if (header.end === undefined) throw refuse(`an element without a size at byte ${at}`);
    else at = header.end;
  }
  // What a cut file lacks is not looked for.
  const lost = pointed.find((position) => content + position + SHORTEST_BYTES <= last && !starts.has(position));
  if (lost !== undefined) throw refuse(`an index that points to byte ${content + lost}, where no element begins`);
}

/** Goes through the blocks of a cluster; where an element of the segment comes too early, the cluster ends there. */
async function endOfCluster(
  read: HeaderReader,
  cluster: ElementHeader,
  last: number,
  refuse: (found: string) => AiprodError,
): Promise<number> {
  const end = cluster.end ?? last;
  if (end > last) return last;
  let at = cluster.content;
  while (at < end) {
    const header = await read(at);
    if (header !== undefined && (IN_SEGMENT.has(header.id) || header.id === SEGMENT || header.id === EBML)) return at;
    // An unknown size ends with the file, which may have been cut.
    if (cluster.end === undefined && (at + SHORTEST_BYTES > last || (header?.end ?? 0) > last)) return last;
    if (header?.end === undefined || header.end > end) throw refuse(`no block at byte ${at}`);
    at = header.end;
  }
  return end;
}

/** Where the index says that clusters begin, in bytes from the content of the segment. */
async function cuePositions(read: HeaderReader, file: ByteSource, start: number, end: number): Promise<number[]> {
  const positions: number[] = [];
  for (let at = start; at < end;) {
    const header = await read(at);
    if (header?.end === undefined || header.end > end) break;
    if (header.id === CUE_POINT || header.id === CUE_TRACK_POSITIONS) {
      at = header.content;
      continue;
    }
    if (header.id === CUE_CLUSTER_POSITION) {
      const bytes = await file.read(header.content, Math.min(8, header.end - header.content));
      positions.push(bytes.reduce((value, byte) => value * 256 + byte, 0));
    }
    at = header.end;
  }
  return positions;
}

/** Reads headers through a window, so that small elements do not cost a read each. */
function headerReader(file: ByteSource): HeaderReader {
  let window: Uint8Array = new Uint8Array(0);
  let windowStart = 0;
  return async (at) => {
    const needed = Math.min(HEADER_BYTES, file.size - at);
    if (needed < 2) return undefined;
    if (at < windowStart || at + needed > windowStart + window.length) {
      window = await file.read(at, Math.min(WINDOW_BYTES, file.size - at));
      windowStart = at;
    }
    return parseElementHeader(window.subarray(at - windowStart, at - windowStart + needed), at);
  };
}
