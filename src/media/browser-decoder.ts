/** Video decoding by the browser's own WebCodecs. */
import type { DecoderHost } from './packet-decoder';

export const browserDecoderHost: DecoderHost = {
  name: 'This browser',
  supports: async (config) => {
    if (typeof VideoDecoder === 'undefined') return false;
    try {
      return (await VideoDecoder.isConfigSupported(config)).supported === true;
    } catch {
      // A codec string that the browser does not know is a TypeError.
      return false;
    }
  },
  open(config, events) {
    const decoder = new VideoDecoder({
      output: (frame) =>
        events.output({
          format: frame.format,
          codedWidth: frame.codedWidth,
          codedHeight: frame.codedHeight,
          visibleRect: frame.visibleRect,
          colorSpace: frame.colorSpace,
          allocationSize: (form) => frame.allocationSize(form === 'RGBA' ? { format: 'RGBA' } : {}),
          copyTo: (destination, form) => frame.copyTo(destination, form === 'RGBA' ? { format: 'RGBA', colorSpace: 'srgb' } : {}),
          close: () => frame.close(),
        }),
      error: (cause) => events.error(cause),
    });
    decoder.ondequeue = () => events.dequeue();
    decoder.configure(config);
    return {
      decode: (packet) => decoder.decode(packet.toEncodedVideoChunk()),
      flush: () => decoder.flush(),
      get queueSize() {
        return decoder.decodeQueueSize;
      },
      close: () => {
        if (decoder.state !== 'closed') decoder.close();
      },
    };
  },
};
