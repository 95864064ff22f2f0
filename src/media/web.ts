/** What of media a page has without the studio: the writer of clips whose pictures and sound are coded already, loaded when it is first asked for. */
import type { ClipMuxer, MuxerOptions } from './clip-muxer';
import type { MemorySink } from './memory-sink';
import type { ByteSink } from './types';

export type { ClipMuxer, CodedPicture, CodedStretch, MuxedSound, MuxerOptions } from './clip-muxer';
export type { MemorySink } from './memory-sink';
export type { AudioCodec, ByteSink, FrameRate, VideoCodec } from './types';

const loaded = () => import('./core-writer');

/** As `openMp4Muxer` of mp4-muxer.ts. */
export const openMp4Muxer = async (sink: ByteSink, options: MuxerOptions): Promise<ClipMuxer> =>
  (await loaded()).openMp4Muxer(sink, options);

/** A sink that keeps the file, whose `bytes` it gives after `close`. */
export const openMemorySink = async (): Promise<MemorySink> => new (await loaded()).MemorySink();
