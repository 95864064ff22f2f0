/** What a demuxer that is not our writer's path sees in a file: used by the tests of Node, which has no decoder. */
import { BufferSource, EncodedPacketSink, Input, MP4, WEBM } from 'mediabunny';

export interface DemuxedTrack {
  readonly codec: string | null;
  readonly width: number;
  readonly height: number;
  /** Presentation times in seconds, sorted. */
  readonly times: number[];
  readonly durations: number[];
  readonly duration: number;
  readonly keyFrames: number;
  readonly colorSpace: VideoColorSpaceInit;
}

export async function demux(bytes: Uint8Array): Promise<DemuxedTrack> {
  const input = new Input({ source: new BufferSource(bytes), formats: [MP4, WEBM] });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (track === null) throw new Error('no video track');
    const packets = [];
    for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
    packets.sort((a, b) => a.timestamp - b.timestamp);
    return {
      codec: await track.getCodecParameterString(),
      width: await track.getCodedWidth(),
      height: await track.getCodedHeight(),
      times: packets.map((packet) => packet.timestamp),
      durations: packets.map((packet) => packet.duration),
      duration: await input.computeDuration(),
      keyFrames: packets.filter((packet) => packet.type === 'key').length,
      colorSpace: await track.getColorSpace(),
    };
  } finally {
    input.dispose();
  }
}
